/** What Slack escapes in every text that it sends. */
const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };

/**
 * What somebody meant to type: chat programs and phones turn quotes round, `--` into a dash and names into links. Word
 * processors' white space is a space, what can't be seen is nothing, and a line break does not begin another command.
 */
export const normalise = (text: string): string =>
  text
    .replace(/<([^<>]*)>/g, (_, inside: string) => linked(inside))
    .replace(/&(?:lt|gt|amp);/g, (entity) => entities[entity] ?? entity)
    .replace(/[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad]/g, '')
    .replace(/[\u0000-\u001f\u007f-\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g, ' ')
    .replace(/[“”„‟«»]/g, '"')
    .replace(/[‘’‚‛]/g, "'")
    // An em dash is what a phone makes of two dashes before a word; within one it is a dash like any other.
    .replace(/(^|\s)[—―](?=\p{L})/gu, '$1--')
    .replace(/[‐‑‒–—―−]/g, '-')
    .replace(/ {2,}/g, ' ')
    .trim();

/** `http://shop.io|shop.io` → `shop.io`, `@U012|ana` → `@ana`, `!channel` → `channel`: never a link or mention again. */
const linked = (inside: string): string => {
  const bar = inside.indexOf('|');
  const label = bar === -1 ? '' : inside.slice(bar + 1);
  if (label !== '') return inside.startsWith('@') && !label.startsWith('@') ? `@${label}` : label;
  const target = bar === -1 ? inside : inside.slice(0, bar);
  return target.replace(/^(?:https?:\/\/|mailto:|!)/, '');
};
