import type { ArmCounts } from '../../../runbooks/verdict.ts';
import { sayCounts, sayLimit } from '../../story/words.ts';
import type { LiveWatch } from '../../story/model.ts';
import type { Arm } from '../../story/rates.ts';
import { newestOf, ratesOf } from '../../story/rates.ts';
import { limitLevel, sparkline } from './spark.ts';
import type { Line, Tone } from '../../story/text.ts';
import { clipText, lineWidth, span, textWidth } from '../../story/text.ts';

const longestChart = 40;
const shortestChart = 8;
const longestVersion = 12;

type Row = {
  readonly name: string;
  readonly arm: Arm;
  readonly counts: ArmCounts | null;
  readonly tone: Tone;
};

/**
 * Error rate of each arm over the watch, with its counts in words, and the limit. A verdict's own counts are the ones
 * that were judged; until then those of the newest sample stand there.
 */
export const errorLines = (watch: LiveWatch, limit: number, width: number): readonly Line[] => {
  const { points, verdict } = watch;
  const rows: readonly Row[] = [
    {
      name: watch.canary,
      arm: 'canary',
      counts: verdict?.canary ?? newestOf(points, 'canary'),
      tone: 'new',
    },
    ...(watch.baseline === null
      ? []
      : [
          {
            name: watch.baseline,
            arm: 'baseline' as const,
            counts: verdict?.baseline ?? newestOf(points, 'baseline'),
            tone: 'old' as const,
          },
        ]),
  ];
  const names = rows.map(({ name }) => clipText(name, longestVersion));
  const words = rows.map(({ counts }) => (counts === null ? 'nothing read yet' : sayCounts(counts)));
  const nameWidth = Math.max(...names.map(textWidth));
  const wordWidth = Math.max(...words.map(textWidth));
  const beside = Math.min(longestChart, width - nameWidth - wordWidth - 3);
  const charted = points.length >= 2;
  const cells = beside >= shortestChart ? beside : Math.min(longestChart, width);
  const seconds = Math.max(1, (Date.parse(watch.endsAt) - Date.parse(watch.startsAt)) / 1000);
  const lines = rows.flatMap(({ arm, counts, tone }, i): readonly Line[] => {
    const name = span((names[i] ?? '').padEnd(nameWidth), tone);
    const bad = counts !== null && counts.requests > 0 && counts.errors / counts.requests > limit;
    const said = span(`  ${words[i] ?? ''}`, bad ? 'bad' : 'plain');
    if (!charted) return [[name, said]];
    const chart = sparkline(ratesOf(points, arm, { seconds, cells }), limit, tone);
    return beside >= shortestChart ? [[name, span(' '), ...chart, said]] : [[name, said], chart];
  });
  return [...lines, limitLine(watch, limit, { width, charted })];
};

const limitLine = (
  { verdict }: LiveWatch,
  limit: number,
  { width, charted }: { readonly width: number; readonly charted: boolean },
): Line => {
  const line: Line = [
    span(charted ? `${limitLevel} is the limit of ${sayLimit(limit)}` : `limit ${sayLimit(limit)}`, 'dim'),
  ];
  if (verdict === null) return line;
  const seen = `, ${verdict.samples.seen} of ${verdict.samples.due} samples`;
  return lineWidth(line) + textWidth(seen) <= width ? [...line, span(seen, 'dim')] : line;
};
