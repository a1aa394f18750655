import type { Line, Span } from './live/text.ts';
import { clipLine, clipText, span, textWidth } from './live/text.ts';

const gap = 2;
/** A column that is cut keeps at least this much. */
const narrowest = 6;

/**
 * Rows in columns as wide as they need to be; where that is too wide, the last column is cut first, then the widest.
 * Nothing where there are no rows.
 */
export const table = (
  heads: readonly string[],
  rows: readonly (readonly Span[])[],
  width: number,
): readonly Line[] => {
  if (rows.length === 0) return [];
  const wanted = heads.map((head, i) =>
    Math.max(textWidth(head), ...rows.map((row) => textWidth(row[i]?.text ?? ''))),
  );
  const widths = fit(wanted, width);
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

const fit = (wanted: readonly number[], width: number): readonly number[] => {
  const widths = [...wanted];
  const over = (): number => widths.reduce((sum, each) => sum + each, gap * (widths.length - 1)) - width;
  const cut = (i: number): void => {
    const columns = widths[i] ?? 0;
    widths[i] = Math.max(Math.min(columns, narrowest), columns - Math.max(0, over()));
  };
  cut(widths.length - 1);
  const byWidth = widths.map((_, i) => i).sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
  for (const i of byWidth) if (over() > 0) cut(i);
  return widths;
};

/** `label     text` with the texts under one another. */
export const labelled = (label: string, lines: readonly Line[], columns = 10): readonly Line[] =>
  lines.map((line, i) => [span(i === 0 ? label.padEnd(columns) : ' '.repeat(columns), 'dim'), ...line]);
