import type { LiveWatch } from '../../story/model.ts';
import { sayLimit } from '../../story/words.ts';
import { cellsOf, gridLines, secondsOf } from './grid.ts';
import { ratesOf } from '../../story/rates.ts';
import type { Line, Span } from '../../story/text.ts';
import { span } from '../../story/text.ts';

const rows = 9;

/**
 * Error rates of both arms over a watch: ● the new version, ○ the old one, ┈ the limit. The scale leaves room above
 * the limit; nothing where fewer than two samples are known.
 */
export const plotLines = (watch: LiveWatch, limit: number, width: number): readonly Line[] => {
  if (watch.points.length < 2) return [];
  const cells = cellsOf(width);
  const seconds = secondsOf(watch);
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
  const labelOf = (row: number): string => {
    const value = row === limitRow ? limit : (highest * row) / (rows - 1);
    const labelled = row === rows - 1 || row === 0 || row === limitRow;
    return labelled ? sayLimit(Number(value.toPrecision(2))) : '';
  };
  const old: Line = watch.baseline === null ? [] : [span('   ○ ', 'old'), span(watch.baseline)];
  const legend = [
    ...[span('● ', 'new'), span(watch.canary), ...old],
    ...[span('   ┈ ', 'attention'), span('limit of the error rate')],
  ];
  return gridLines({ rows, cells, cellAt, labelOf, legend }, seconds);
};
