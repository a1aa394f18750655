import type { LiveWatch } from './model.ts';
import { sayLimit } from './errors.ts';
import { ratesOf } from './rates.ts';
import type { Line, Span, Tone } from './text.ts';
import { span } from './text.ts';

const rows = 9;
const widest = 72;
const axisWidth = 8;

type Cell = { readonly mark: string; readonly tone: Tone };

/**
 * Error rates of both arms over a watch: ● the new version, ○ the old one, ┈ the limit. The scale leaves room above
 * the limit; nothing where fewer than two samples are known.
 */
export const plotLines = (watch: LiveWatch, limit: number, width: number): readonly Line[] => {
  if (watch.points.length < 2) return [];
  const cells = Math.min(widest, width - axisWidth - 2);
  const seconds = Math.max(1, (Date.parse(watch.endsAt) - Date.parse(watch.startsAt)) / 1000);
  const canary = ratesOf(watch.points, 'canary', { seconds, cells });
  const baseline = ratesOf(watch.points, 'baseline', { seconds, cells });
  const highest = Math.max(limit * 1.5, ...[...canary, ...baseline].map((rate) => rate ?? 0));
  const rowOf = (rate: number): number => Math.min(rows - 1, Math.round((rate / highest) * (rows - 1)));
  const limitRow = rowOf(limit);
  const cellAt = (column: number, row: number): Cell => {
    const at = (rates: readonly (number | null)[]): boolean => {
      const rate = rates[column] ?? null;
      return rate !== null && rowOf(rate) === row;
    };
    if (at(canary)) return { mark: '●', tone: (canary[column] ?? 0) > limit ? 'bad' : 'new' };
    if (at(baseline)) return { mark: '○', tone: 'old' };
    return row === limitRow ? { mark: '┈', tone: 'attention' } : { mark: ' ', tone: 'plain' };
  };
  const lines = Array.from({ length: rows }, (_, i): Line => {
    const row = rows - 1 - i;
    const value = row === limitRow ? limit : (highest * row) / (rows - 1);
    const label = i === 0 || row === 0 || row === limitRow ? sayLimit(Number(value.toPrecision(2))) : '';
    return [span(`${label.padStart(axisWidth)} │`, 'dim'), ...run(cells, (column) => cellAt(column, row))];
  });
  return [...lines, ...axis(watch, seconds, cells)];
};

const axis = (watch: LiveWatch, seconds: number, cells: number): readonly Line[] => {
  const end = `${seconds} s`;
  const baseline: Line = watch.baseline === null ? [] : [span('   ○ ', 'old'), span(watch.baseline)];
  return [
    [span(`${' '.repeat(axisWidth)} └${'─'.repeat(cells)}`, 'dim')],
    [span(`${' '.repeat(axisWidth + 2)}0${' '.repeat(Math.max(1, cells - 1 - end.length))}${end}`, 'dim')],
    [
      span(' '.repeat(axisWidth + 2)),
      ...[span('● ', 'new'), span(watch.canary), ...baseline],
      ...[span('   ┈ ', 'attention'), span('limit')],
    ],
  ];
};

/** Cells of one tone are one span. */
const run = (cells: number, cellAt: (column: number) => Cell): readonly Span[] => {
  const spans: { text: string; tone: Tone }[] = [];
  for (let column = 0; column < cells; column += 1) {
    const { mark, tone } = cellAt(column);
    const last = spans.at(-1);
    if (last?.tone === tone) last.text += mark;
    else spans.push({ text: mark, tone });
  }
  return spans;
};
