import type { Line, Span } from '../story/text.ts';
import { clipLine, clipText, span, textWidth } from '../story/text.ts';

const gap = 2;
/** A column that is cut keeps at least this much. */
const narrowest = 6;

type Room = {
  readonly width: number;
  /** Columns that are of no use when they are cut, such as ids. */
  readonly whole?: readonly number[];
};

/** Rows in columns as wide as they need to be; what is too wide is cut, always the widest. Nothing without rows. */
export const table = (
  heads: readonly string[],
  rows: readonly (readonly Span[])[],
  { width, whole = [] }: Room,
): readonly Line[] => {
  if (rows.length === 0) return [];
  const wanted = heads.map((head, i) =>
    Math.max(textWidth(head), ...rows.map((row) => textWidth(row[i]?.text ?? ''))),
  );
  const widths = fit(wanted, width, whole);
  const lines: readonly (readonly Span[])[] = [heads.map((head) => span(head, 'dim')), ...rows];
  return lines.map((cells) =>
    clipLine(
      widths.flatMap((columns, i): Line => {
        const cell = cells[i] ?? span('');
        const text = clipText(cell.text, columns);
        const rest = i === widths.length - 1 ? 0 : columns - textWidth(text) + gap;
        return [{ text, tone: cell.tone }, span(' '.repeat(rest))];
      }),
      width,
    ),
  );
};

const fit = (wanted: readonly number[], width: number, whole: readonly number[]): readonly number[] => {
  const widths = [...wanted];
  const taken = (): number => widths.reduce((sum, each) => sum + each, gap * (widths.length - 1));
  while (taken() > width) {
    const cuttable = widths.map((columns, i) => (whole.includes(i) ? 0 : columns));
    const widest = Math.max(...cuttable);
    if (widest <= narrowest) break;
    widths[cuttable.indexOf(widest)] = widest - 1;
  }
  return widths;
};

/** `label     text` with the texts under one another. */
export const labelled = (label: string, lines: readonly Line[], columns = 10): readonly Line[] =>
  lines.map((line, i) => [span(i === 0 ? label.padEnd(columns) : ' '.repeat(columns), 'dim'), ...line]);
