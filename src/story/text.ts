import { visible } from '../service-file/visible.ts';

/** What a piece of text means; colour only repeats what the words and marks say. */
export type Tone = 'plain' | 'dim' | 'strong' | 'good' | 'bad' | 'attention' | 'new' | 'old';
export type Span = { readonly text: string; readonly tone: Tone };
export type Line = readonly Span[];

/** Text from anywhere as one line that a terminal shows as it is. */
const shown = (text: string): string => visible(text.replace(/[\t\r\n]+/g, ' '));

export const span = (text: string, tone: Tone = 'plain'): Span => ({ text: shown(text), tone });

const isWide = (point: number): boolean =>
  (point >= 0x1100 && point <= 0x115f) ||
  (point >= 0x2e80 && point <= 0xa4cf) ||
  (point >= 0xac00 && point <= 0xd7a3) ||
  (point >= 0xf900 && point <= 0xfaff) ||
  (point >= 0xfe30 && point <= 0xfe6f) ||
  (point >= 0xff00 && point <= 0xff60) ||
  (point >= 0xffe0 && point <= 0xffe6) ||
  (point >= 0x1f300 && point <= 0x1faff) ||
  (point >= 0x20000 && point <= 0x3fffd);

/** Columns that a character takes; near enough for what people write into a reason. */
export const columns = (character: string): number => {
  if (/^\p{M}|\ufe0f$/u.test(character)) return 0;
  return isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
};

export const textWidth = (text: string): number => {
  let width = 0;
  for (const character of text) width += columns(character);
  return width;
};

export const lineWidth = (line: Line): number => line.reduce((sum, { text }) => sum + textWidth(text), 0);

/** At most `width` columns, the last one an ellipsis where something is missing. */
export const clipText = (text: string, width: number): string => {
  if (textWidth(text) <= width) return text;
  let clipped = '';
  let used = 0;
  for (const character of text) {
    const next = columns(character);
    if (used + next > width - 1) break;
    clipped += character;
    used += next;
  }
  return width < 1 ? '' : `${clipped}…`;
};

export const clipLine = (line: Line, width: number): Line => {
  if (lineWidth(line) <= width) return line;
  const clipped: Span[] = [];
  let left = width;
  for (const { text, tone } of line) {
    const part = clipText(text, left);
    clipped.push({ text: part, tone });
    left -= textWidth(part);
    if (part !== text || left <= 0) break;
  }
  return clipped;
};

/** Pieces one after the other, `gap` columns apart, in as many lines as it takes; a piece is never broken. */
export const flow = (pieces: readonly Line[], width: number, gap: number): Line[] => {
  const lines: Span[][] = [];
  let current: Span[] = [];
  for (const piece of pieces) {
    const needed = lineWidth(current) + (current.length === 0 ? 0 : gap) + lineWidth(piece);
    if (current.length > 0 && needed > width) {
      lines.push(current);
      current = [];
    }
    const before = current.at(-1)?.tone;
    // Within one tone a gap has it too: fewer changes of colour for the terminal.
    const tone = before !== undefined && before === piece[0]?.tone ? before : 'plain';
    if (current.length > 0) current.push({ text: ' '.repeat(gap), tone });
    current.push(...clipLine(piece, width));
  }
  return current.length === 0 ? lines : [...lines, current];
};

/** A sentence in lines of at most `width`; a number stays with its unit. */
export const prose = (text: string, width: number, tone: Tone = 'plain'): Line[] => {
  const bound = shown(text).replace(/(\d) (?=(?:%|ms|s|min|h|d)(?![\p{L}\p{N}]))/gu, '$1\u00a0');
  const words = bound.split(/ +/).filter((word) => word !== '');
  return flow(
    words.map((word) => [{ text: word, tone }]),
    width,
    1,
  );
};
