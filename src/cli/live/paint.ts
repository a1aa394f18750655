import { Chalk } from 'chalk';
import type { Line, Tone } from '../../story/text.ts';
import { columns } from '../../story/text.ts';

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
