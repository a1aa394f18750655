import { forVersion, renderSelector } from '../../../runbooks/counter-query.ts';
import type { Counter } from '../queries.ts';
import type { Point, Series } from './answer.ts';

const part = 'sluice_part';

/** Series that `summed` returns for each sum. */
export const partsOfSum = 3;

/**
 * A sum by labels with the time of its newest sample and the number of its series: in one query, so that all are of one
 * moment (a sum's own time is that of the query).
 */
export const summed = ({ place, query }: Counter, version: string): string => {
  const filled = forVersion(query, version);
  const selector = renderSelector(filled);
  const by = `by (${(filled.by ?? []).join(', ')})`;
  const named = (name: string, expression: string): string =>
    `label_replace(${expression}, "${part}", "${place} ${name}", "", "")`;
  return [
    named('sum', `sum ${by} (${selector})`),
    named('time', `max ${by} (timestamp(${selector}))`),
    named('series', `count ${by} (${selector})`),
  ].join(' or ');
};

const keyOf = (labels: Series['labels'], ...without: readonly string[]): string =>
  JSON.stringify(
    Object.entries(labels)
      .filter(([label]) => label !== part && !without.includes(label))
      .sort(),
  );

/** The values of one part, by labels and moment. */
const valuesOf = (all: readonly Series[], name: string): ReadonlyMap<string, ReadonlyMap<number, number>> =>
  new Map(
    all
      .filter(({ labels }) => labels[part] === name)
      .map(({ labels, points }) => [keyOf(labels), new Map(points)]),
  );

/** Of how many histograms a sum of buckets is at most, by labels and moment. */
const histogramsOf = (all: readonly Series[], name: string): ReadonlyMap<string, number> => {
  const most = new Map<string, number>();
  for (const { labels, points } of all.filter((series) => series.labels[part] === name)) {
    for (const [moment, count] of points) {
      const key = `${keyOf(labels, 'le')} ${String(moment)}`;
      most.set(key, Math.max(count, most.get(key) ?? 0));
    }
  }
  return most;
};

/**
 * One counter's sums at the times of their newest samples, each once; those that were stale when asked for are out, and
 * so are buckets with a bound that not all histograms of the sum have: their counts fall short.
 */
export const timedSums = (place: string, all: readonly Series[], freshMs: number): readonly Series[] => {
  const times = valuesOf(all, `${place} time`);
  const counts = valuesOf(all, `${place} series`);
  const histograms = histogramsOf(all, `${place} series`);
  return all
    .filter(({ labels }) => labels[part] === `${place} sum`)
    .map(({ labels, points }) => {
      const key = keyOf(labels);
      const { [part]: _part, ...own } = labels;
      const placed = points.flatMap(([moment, value]): Point[] => {
        const time = Math.round((times.get(key)?.get(moment) ?? 0) * 1000);
        if (moment - time >= freshMs) return [];
        const most = histograms.get(`${keyOf(labels, 'le')} ${String(moment)}`);
        return labels['le'] !== undefined && counts.get(key)?.get(moment) !== most ? [] : [[time, value]];
      });
      return { labels: own, points: placed.filter(([time], i) => time !== placed[i - 1]?.[0]) };
    })
    .filter(({ points }) => points.length > 0);
};
