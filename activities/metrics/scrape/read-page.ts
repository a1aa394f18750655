import type { InstanceReading } from '../../../src/gates/reading.ts';
import { histogramOf } from '../histogram.ts';
import { identify } from '../identity.ts';
import { counterOf } from '../queries.ts';
import type { Counter, GateQueries } from '../queries.ts';
import { unavailable } from '../unavailable.ts';
import type { Page } from './page.ts';
import { byInstance, mustKnow, select, sumOf } from './select.ts';
import type { Groups } from './select.ts';
import type { Sample } from './text-format.ts';

/** One instance with the time of its counts, and of its start where the page tells; ms since the epoch. */
export type PageInstance = {
  readonly time: number;
  readonly startedMs: number | null;
  readonly reading: InstanceReading;
};

/** A count that is older than this is no news. */
const freshMs = 60_000;

/** When the process behind an instance started: its own sample, or the only one of a page with one instance. */
const startOf = (page: Page, id: string, alone: boolean, wanted: readonly string[] | undefined) => {
  const starts = page.samples.filter(({ name }) => name === 'process_start_time_seconds');
  const own = starts.filter(({ labels }) => {
    if (alone && starts.length === 1) return true;
    const identity = identify(labels, wanted);
    return 'id' in identity && identity.id === id;
  });
  const [start] = own;
  return own.length === 1 && start !== undefined && start.value > 0 ? start.value * 1000 : null;
};

const timeOf = (page: Page, id: string, samples: readonly Sample[]): number => {
  const times = samples.flatMap(({ time }) => time ?? []);
  if (times.length < samples.length) return page.at;
  const newest = Math.max(...times);
  if (page.at - newest < freshMs) return newest;
  throw unavailable({
    message: `The counts of instance ${id} on ${page.url} are of ${new Date(newest).toISOString()}, too old to judge by.`,
    hint: 'See whether a cache, or an exporter that has stopped, answers.',
  });
};

/** A gauge on a page: a selector that must leave one series per instance. NaN and infinity are "not read". */
type PageGauge = { readonly name: string; readonly counter: Counter };

const gaugeAt = (page: Page, id: string, { name, counter }: PageGauge, groups: Groups) => {
  const [sample, ...more] = groups.get(id) ?? [];
  if (more.length > 0)
    throw unavailable({
      message: `${counter.place} returned ${String(more.length + 1)} series for instance ${id} on ${page.url}.`,
      hint: 'Narrow it to one by a label.',
      details: { place: counter.place },
    });
  return sample === undefined || !Number.isFinite(sample.value) ? [] : [[name, sample.value] as const];
};

/**
 * The instances of one version on a page: each one's series of one moment added up. Errors that have no series (yet)
 * are 0.
 * @throws SluiceError METRICS_UNAVAILABLE for numbers that no counter can be, or that can't be told apart by instance
 */
export const readPage = (
  page: Page,
  queries: GateQueries,
  version: string,
  wanted: readonly string[] | undefined,
): readonly PageInstance[] => {
  const groupsOf = (counter: Counter): Groups => byInstance(page, select(page, counter, version), wanted);
  const { total, bad, buckets } = queries;
  const totals = groupsOf(total);
  const errors: Groups = bad === null ? new Map() : groupsOf(bad);
  const histograms = buckets === null ? null : groupsOf(buckets);
  const gauges = queries.gauges
    .map(({ name, place, query }): PageGauge => ({ name, counter: counterOf(place, query) }))
    .map((gauge) => ({ gauge, groups: groupsOf(gauge.counter) }));
  const slow = buckets?.place ?? total.place;
  if (bad !== null) mustKnow(page, bad.place, errors, total.place, totals);
  if (histograms !== null) mustKnow(page, slow, histograms, total.place, totals);
  return [...totals].map(([id, samples]) => {
    const inBuckets = histograms?.get(id) ?? [];
    sumOf(page, slow, inBuckets);
    const latency = histogramOf(inBuckets);
    const values = gauges.flatMap(({ gauge, groups }) => gaugeAt(page, id, gauge, groups));
    return {
      time: timeOf(page, id, samples),
      startedMs: startOf(page, id, totals.size === 1, wanted),
      reading: {
        id,
        requests: sumOf(page, total.place, samples),
        errors: sumOf(page, bad?.place ?? total.place, errors.get(id) ?? []),
        ...(latency === null ? {} : { latency }),
        ...(values.length === 0 ? {} : { gauges: Object.fromEntries(values) }),
      },
    };
  });
};
