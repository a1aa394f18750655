/**
 * Text of people and programs as Slack shows it literally: `<` begins a link or a mention, `&` an entity, and a line
 * break would let a reason look like a line of ours. Cut to `most` characters before it is escaped, so that no entity is
 * cut in two.
 */
export const literal = (text: string, most: number): string => escaped(clip(oneLine(text), most));

/** For fields that Slack takes as they are (`plain_text`). */
export const plainLine = (text: string, most: number): string => clip(oneLine(text), most);

/** Text that is kept in its lines, such as commands to run. */
export const verbatim = (text: string, most: number): string =>
  escaped(clip(text.replace(unseen, ''), most)).replaceAll('`', 'ʼ');

/** Direction marks turn what follows them round, and what can't be seen hides what stands there. */
const unseen = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').replace(unseen, '').trim();

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Characters that Slack counts: code units, never half of a pair. */
export const clip = (text: string, most: number): string => {
  if (text.length <= most) return text;
  const cut = text.slice(0, Math.max(0, most - 1));
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
};

/** A time in the reader's own zone; in UTC where it can't be shown so. */
export const slackTime = (iso: string): string =>
  `<!date^${String(Math.floor(Date.parse(iso) / 1000))}^{date_short_pretty} {time_secs}|${iso.slice(0, 16).replace('T', ' ')} UTC>`;
