import type { LiveWatch } from '../../story/model.ts';
import type { Line, Span } from '../../story/text.ts';
import { span } from '../../story/text.ts';

const widest = 72;
const axisWidth = 8;

/** A plot over the time of a watch: `rows` from the top down, `cells` columns. */
export type Grid = {
  readonly rows: number;
  readonly cells: number;
  /** What stands at a column of a row; row 0 is the bottom. */
  readonly cellAt: (column: number, row: number) => Span;
  /** What a row stands for; empty: nothing is written at it. */
  readonly labelOf: (row: number) => string;
  readonly legend: Line;
};

/** Columns of a plot on a page of `width`. */
export const cellsOf = (width: number): number => Math.min(widest, width - axisWidth - 2);

/** Length of a watch in seconds. */
export const secondsOf = ({ startsAt, endsAt }: Pick<LiveWatch, 'startsAt' | 'endsAt'>): number =>
  Math.max(1, (Date.parse(endsAt) - Date.parse(startsAt)) / 1000);

export const gridLines = (grid: Grid, seconds: number): readonly Line[] => {
  const { rows, cells, cellAt, labelOf, legend } = grid;
  const end = `${String(seconds)} s`;
  const indent = ' '.repeat(axisWidth);
  return [
    ...Array.from({ length: rows }, (_, i): Line => {
      const row = rows - 1 - i;
      return [
        span(`${labelOf(row).padStart(axisWidth)} │`, 'dim'),
        ...Array.from({ length: cells }, (__, column) => cellAt(column, row)),
      ];
    }),
    [span(`${indent} └${'─'.repeat(cells)}`, 'dim')],
    [span(`${indent}  0${' '.repeat(Math.max(1, cells - 1 - end.length))}${end}`, 'dim')],
    [span(`${indent}  `), ...legend],
  ];
};
