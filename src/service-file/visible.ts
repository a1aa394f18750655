// Control characters, marks that turn the direction of writing, invisible characters, halves of surrogate pairs: what
// a hostile file could use to make a terminal show something else than what it holds.
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/** Text from a file as one line that a terminal shows as it is: everything unsafe stands as `\u{…}`. */
export const visible = (text: string): string =>
  text.replace(unsafe, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);

/** `visible`, at most `most` characters long, in quotes. */
export const quoted = (text: string, most = 60): string =>
  text.length > most ? `"${visible(text.slice(0, most))}…"` : `"${visible(text)}"`;

const width = 100;

/** A part of a line around `column` (from 0) that fits a terminal; characters keep their places. */
export const clipLine = (line: string, column: number): { readonly text: string; readonly caret: number } => {
  const start = line.length <= width || column < width / 2 ? 0 : column - width / 2;
  const part = line.slice(start, start + width).replace(unsafe, (found) => (found === '\t' ? ' ' : '·'));
  const before = start > 0 ? '…' : '';
  const after = start + width < line.length ? '…' : '';
  return { text: `${before}${part}${after}`, caret: column - start + before.length };
};
