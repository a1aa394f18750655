import type { InstanceReading } from '../../../src/gates/reading.ts';
import type { SourceFault } from '../unavailable.ts';
import type { Series } from './answer.ts';
import { histogramOf } from '../histogram.ts';
import { valueAt } from './scrapes.ts';
import type { ScrapeTimes } from './scrapes.ts';

/** The series of one instance. `buckets`: `null` where no histogram is read. */
export type InstanceSeries = {
  readonly id: string;
  /** Where the queries stand in the service file. */
  readonly places: { readonly total: string; readonly bad: string; readonly buckets: string };
  readonly times: ScrapeTimes;
  readonly total: readonly Series[];
  readonly bad: readonly Series[];
  readonly buckets: readonly Series[] | null;
};

type Faulty = { readonly fault: SourceFault };

/** Samples of one scrape; a sum's series are old where they were not in it, else they have a sample of its time. */
const samplesAt = (series: readonly Series[], time: number) =>
  series.flatMap(({ labels, points }) => {
    const value = valueAt(points, time);
    return value === null ? [] : [{ labels, value }];
  });

const add = (id: string, place: string, values: readonly number[]): number | Faulty => {
  const wrong = values.find((value) => !Number.isFinite(value) || value < 0);
  if (wrong === undefined) return values.reduce((sum, value) => sum + value, 0);
  return {
    fault: {
      message: `${place} of instance ${id} is ${String(wrong)}, which no counter can be.`,
      hint: 'Give a counter of the service itself, not something computed from it.',
    },
  };
};

/** Series that have samples, yet never at the time of a scrape of the totals, are not of the same scrapes. */
const isStrange = (series: readonly Series[], times: readonly number[]): boolean => {
  const [oldest = 0] = times;
  const known = new Set(times);
  const inside = series.flatMap(({ points }) =>
    points.filter(([time]) => times.length < 2 || time >= oldest),
  );
  return inside.length > 0 && !inside.some(([time]) => known.has(time));
};

const strange = (id: string, place: string, total: string): Faulty => ({
  fault: {
    message: `${place} and ${total} of instance ${id} are never of the same scrape, so they can not be set against each other.`,
    hint: 'Take both from one target, or name the labels that tell targets apart as `instance` at the source.',
  },
});

/**
 * What one instance had counted at the scrape of `time`: all series of that scrape added up. Errors that have no series
 * (yet) are 0.
 */
export const readInstance = (instance: InstanceSeries, time: number): InstanceReading | Faulty => {
  const { id, places, times, total, bad, buckets } = instance;
  const requests = add(
    id,
    places.total,
    samplesAt(total, time).map(({ value }) => value),
  );
  if (typeof requests !== 'number') return requests;
  if (isStrange(bad, times.all)) return strange(id, places.bad, places.total);
  const errors = add(
    id,
    places.bad,
    samplesAt(bad, time).map(({ value }) => value),
  );
  if (typeof errors !== 'number') return errors;
  if (buckets === null) return { id, requests, errors };
  if (isStrange(buckets, times.all)) return strange(id, places.buckets, places.total);
  const inBuckets = samplesAt(buckets, time);
  const wrong = add(
    id,
    places.buckets,
    inBuckets.map(({ value }) => value),
  );
  if (typeof wrong !== 'number') return wrong;
  const latency = histogramOf(inBuckets);
  return { id, requests, errors, ...(latency === null ? {} : { latency }) };
};
