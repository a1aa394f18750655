import type { LiveWatch } from './model.ts';
import { sayLimit } from './errors.ts';
import { ratesOf } from './rates.ts';
import type { Line, Span } from './text.ts';
import { span } from './text.ts';

const rows = 9;
const widest = 72;
const axisWidth = 8;

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
  const cellAt = (column: number, row: number): Span => {
    const at = (rates: readonly (number | null)[]): boolean => {
      const rate = rates[column] ?? null;
      return rate !== null && rowOf(rate) === row;
    };
    if (at(canary)) return { text: '●', tone: (canary[column] ?? 0) > limit ? 'bad' : 'new' };
    if (at(baseline)) return { text: '○', tone: 'old' };
    return row === limitRow ? { text: '┈', tone: 'attention' } : { text: ' ', tone: 'plain' };
  };
  const lines = Array.from({ length: rows }, (_, i): Line => {
    const row = rows - 1 - i;
    const value = row === limitRow ? limit : (highest * row) / (rows - 1);
    const label = i === 0 || row === 0 || row === limitRow ? sayLimit(Number(value.toPrecision(2))) : '';
    return [
      span(`${label.padStart(axisWidth)} │`, 'dim'),
      ...Array.from({ length: cells }, (__, column) => cellAt(column, row)),
    ];
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
