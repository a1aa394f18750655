import { Chalk } from 'chalk';
import { visible } from '../../service-file/visible.ts';

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
const columns = (character: string): number => {
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

/** Characters that a terminal without UTF-8 can not show, and what stands for each: as wide as they are. */
const plainer: Readonly<Record<string, string>> = {
  ...{ '✓': '+', '◔': '*', '○': '.', '✗': 'x', '–': '-', '—': '-', '→': '>', '←': '<', '·': '-', '…': '~' },
  ...{ '━': '=', '╌': '-', '█': '#', '░': '.', '│': '|', '┈': '-', '└': '+', '─': '-', '┤': '|', '●': 'o' },
  ...{ '▁': '_', '▂': '.', '▃': '-', '▄': '=', '▅': '+', '▆': '*', '▇': '%', '“': '"', '”': '"', '×': 'x' },
  ...{ '’': "'", '‘': "'", '\u00a0': ' ', '≥': '>', '≤': '<' },
};

const toAscii = (text: string): string =>
  text.replace(/[^\n -~]/gu, (character) => plainer[character] ?? '?'.repeat(columns(character)));

const inks = (color: boolean): Readonly<Record<Tone, (text: string) => string>> => {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  return {
    plain: (text) => text,
    dim: chalk.dim,
    strong: chalk.bold,
    good: chalk.green,
    bad: chalk.red,
    attention: chalk.yellow,
    new: chalk.cyan,
    old: chalk.blue,
  };
};

export type Paint = { readonly color: boolean; readonly unicode: boolean };

/** Lines as a terminal takes them, without white space at their ends. */
export const paint = (lines: readonly Line[], { color, unicode }: Paint): string[] => {
  const ink = inks(color);
  return lines.map((line) => {
    const trimmed = trimEnd(line);
    return joined(trimmed)
      .map(({ text, tone }) => ink[tone](unicode ? text.replaceAll('\u00a0', ' ') : toAscii(text)))
      .join('');
  });
};

/** Neighbours of one tone as one span. */
const joined = (line: Line): Line => {
  const spans: { text: string; tone: Tone }[] = [];
  for (const { text, tone } of line) {
    const last = spans.at(-1);
    if (last?.tone === tone) last.text += text;
    else spans.push({ text, tone });
  }
  return spans;
};

const trimEnd = (line: Line): Line => {
  const last = line.findLastIndex(({ text }) => text.trim() !== '');
  return line
    .slice(0, last + 1)
    .map((part, i) => (i === last ? { text: part.text.trimEnd(), tone: part.tone } : part));
};
