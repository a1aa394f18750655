/** Slack's markup as HTML, as far as Sluice's messages use it. Text comes escaped as Slack wants it: `&lt;` and so on. */
export const mrkdwn = (text: string, now: number): string =>
  text
    .split(/(```[\s\S]*?```|`[^`\n]+`)/)
    .map((part) => {
      if (part.startsWith('```')) return `<pre>${part.slice(3, -3).trim()}</pre>`;
      if (part.startsWith('`') && part.length > 1) return `<code>${part.slice(1, -1)}</code>`;
      return inline(part, now);
    })
    .join('');

const inline = (text: string, now: number): string =>
  text
    .replace(/<!date\^(\d+)\^([^|>]*)\|[^>]*>/g, (_, at: string, form: string) => date(Number(at), form, now))
    .replace(/<(https?:[^|>]+)\|([^>]+)>/g, '<a>$2</a>')
    .replace(/(^|[\s(])\*([^*\n]+)\*(?=$|[\s.,:)])/g, '$1<b>$2</b>');

const zone = 'UTC';
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const long = new Intl.DateTimeFormat('en-US', {
  ...{ timeZone: zone, month: 'short', day: 'numeric', year: 'numeric' },
});

/** `{date_short_pretty}` says today where it is today; the reader of the pictures lives in UTC. */
const date = (at: number, form: string, now: number): string => {
  const ms = at * 1000;
  const day = 24 * 3_600_000;
  const pretty =
    dayOf(ms) === dayOf(now) ? 'today' : dayOf(ms) === dayOf(now + day) ? 'tomorrow' : long.format(ms);
  const clock = new Date(ms).toISOString().slice(11, 19);
  return form.replace('{date_short_pretty}', pretty).replace('{time_secs}', clock);
};
