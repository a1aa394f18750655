import type { Point } from '../../api/schemas/answers.ts';
import { sayEvidence } from '../../gates/words.ts';
import { cellsOf, gridLines, secondsOf } from './grid.ts';
import type { LiveWatch } from '../../story/model.ts';
import type { Line, Span } from '../../story/text.ts';
import { span } from '../../story/text.ts';

type Said = NonNullable<Point['gate']>;

const longestBar = 40;
const shortestBar = 8;
const rows = 7;

/** What the gate said last; `null`: nothing yet. */
const lastSaid = (points: readonly Point[]): Said | null =>
  points.findLast(({ gate }) => gate !== undefined)?.gate ?? null;

/** How far evidence is on its way, 0 to 1, on the scale on which it grows evenly: that of its logarithm. */
const wayOf = ({ evidence, needed }: Said): number =>
  Math.min(1, Math.log(Math.max(1, evidence)) / Math.log(needed));

/** `████░░░░ 38 of 100 that a rollback needs`; `null` before the gate has said anything. */
export const evidenceLine = ({ points }: LiveWatch, width: number): Line | null => {
  const said = lastSaid(points);
  if (said === null) return null;
  const short = `${sayEvidence(said.evidence)} of ${sayEvidence(said.needed)}`;
  const long = `${short} that a rollback needs`;
  const words = long.length <= width ? long : short;
  const cells = Math.min(longestBar, width - words.length - 1);
  const tone = said.evidence >= said.needed ? 'bad' : said.evidence > 1 ? 'attention' : 'plain';
  if (cells < shortestBar) return [span(words, tone)];
  const way = wayOf(said);
  // A bar is full only once the evidence suffices.
  const full = way >= 1 ? cells : Math.min(cells - 1, Math.round(way * cells));
  return [span('█'.repeat(full), tone), span('░'.repeat(cells - full), 'dim'), span(` ${words}`, tone)];
};

/** Evidence in each of `cells` equal parts of a watch: what held last in it; `null`: nothing was said yet, or any more. */
const evidenceIn = (points: readonly Point[], seconds: number, cells: number): readonly (number | null)[] => {
  const said = points.flatMap(({ t, gate }) => (gate === undefined ? [] : [{ t, evidence: gate.evidence }]));
  const end = said.at(-1)?.t ?? 0;
  return Array.from({ length: cells }, (_, i) =>
    (i * seconds) / cells > end
      ? null
      : (said.findLast(({ t }) => t < ((i + 1) * seconds) / cells)?.evidence ?? null),
  );
};

/** The gate's evidence over a watch, on a logarithmic scale from 1, with what a rollback needs. */
export const evidencePlot = (watch: LiveWatch, width: number): readonly Line[] => {
  const said = lastSaid(watch.points);
  if (said === null || watch.points.length < 2) return [];
  const { needed } = said;
  const cells = cellsOf(width);
  const seconds = secondsOf(watch);
  const columns = evidenceIn(watch.points, seconds, cells);
  const highest = Math.max(needed * 10, ...columns.map((evidence) => evidence ?? 0));
  const height = (evidence: number): number =>
    Math.round((Math.log(Math.max(1, evidence)) / Math.log(highest)) * (rows - 1));
  const neededRow = height(needed);
  // Rounding must not lift onto the line what stays below it.
  const rowOf = (evidence: number): number =>
    evidence >= needed ? Math.min(rows - 1, height(evidence)) : Math.min(neededRow - 1, height(evidence));
  const cellAt = (column: number, row: number): Span => {
    const evidence = columns[column] ?? null;
    if (evidence !== null && rowOf(evidence) === row) {
      return { text: '●', tone: evidence >= needed ? 'bad' : 'new' };
    }
    return row === neededRow ? { text: '┈', tone: 'attention' } : { text: ' ', tone: 'plain' };
  };
  const labelOf = (row: number): string => {
    if (row === neededRow) return sayEvidence(needed);
    if (row === rows - 1) return sayEvidence(highest);
    return row === 0 ? '1' : '';
  };
  const legend = [
    ...[span('● ', 'new'), span('evidence against '), span(watch.canary)],
    ...[span('   ┈ ', 'attention'), span('what a rollback needs')],
  ];
  return gridLines({ rows, cells, cellAt, labelOf, legend }, seconds);
};
