import type { InstanceReading } from '../../../src/gates/reading.ts';
import { identify } from '../identity.ts';
import { unavailable } from '../unavailable.ts';
import type { Series } from './answer.ts';
import { readInstance } from './instance.ts';
import type { InstanceSeries } from './instance.ts';
import type { Counter } from '../queries.ts';
import type { Collected } from './collect.ts';
import type { PrometheusPlan } from './plan.ts';
import { newestIn, scrapeTimes } from './scrapes.ts';

/** One instance at the time of its scrape, and when its process started where that is known; ms since the epoch. */
export type TimedInstance = {
  readonly time: number;
  readonly startedMs: number | null;
  readonly reading: InstanceReading;
};

const grouped = (series: readonly Series[], wanted: readonly string[] | undefined): Map<string, Series[]> => {
  const groups = new Map<string, Series[]>();
  for (const found of series) {
    const identity = identify(found.labels, wanted);
    if ('fault' in identity) throw unavailable(identity.fault);
    const group = groups.get(identity.id);
    if (group === undefined) groups.set(identity.id, [found]);
    else group.push(found);
  }
  return groups;
};

/** A query whose series all belong to instances that the total doesn't know would be read as nothing. */
const mustMeet = (
  place: string,
  total: string,
  found: ReadonlyMap<string, unknown>,
  known: ReadonlyMap<string, unknown>,
) => {
  const [stranger] = found.keys();
  if (stranger === undefined || [...found.keys()].some((id) => known.has(id))) return;
  const [one = ''] = known.keys();
  throw unavailable({
    message: `${place} and ${total} know no instance in common: ${stranger} here, ${one} there.`,
    hint: 'Name the labels that both have and that tell instances apart as `instance` at the source.',
  });
};

/** Where the queries stand, for what is said of them. */
const placesOf = ({ total, bad, buckets }: PrometheusPlan) => ({
  total: total.place,
  bad: bad?.place ?? total.place,
  buckets: buckets?.place ?? total.place,
});

/**
 * Sorts what was collected of an arm by instance.
 * @throws SluiceError METRICS_UNAVAILABLE where it doesn't belong together
 */
export const byInstance = (collected: Collected, plan: PrometheusPlan): readonly InstanceSeries[] => {
  const groupsAt = ({ place }: Counter) => grouped(collected.get(place) ?? [], plan.settings.instance);
  const totals = groupsAt(plan.total);
  const errors = plan.bad === null ? null : groupsAt(plan.bad);
  const histograms = plan.buckets === null ? null : groupsAt(plan.buckets);
  const places = placesOf(plan);
  if (totals.size > 0) {
    if (errors !== null) mustMeet(places.bad, places.total, errors, totals);
    if (histograms !== null) mustMeet(places.buckets, places.total, histograms, totals);
  }
  return [...totals].map(([id, series]) => ({
    ...{ id, places },
    times: scrapeTimes(series),
    total: series,
    bad: errors?.get(id) ?? [],
    buckets: histograms === null ? null : (histograms.get(id) ?? []),
  }));
};

/**
 * Every instance at its newest whole scrape that is at most `until` and after `since` (ms); one without such a scrape
 * is left out.
 * @throws SluiceError METRICS_UNAVAILABLE where an instance was scraped and still can't be read
 */
export const readAt = (
  instances: readonly InstanceSeries[],
  since: number,
  until: number,
): readonly TimedInstance[] =>
  instances.flatMap((instance): readonly TimedInstance[] => {
    const time = newestIn(instance.times.whole, since, until);
    if (time === null) {
      if (newestIn(instance.times.all, since, until) === null) return [];
      throw unavailable({
        message: `The series of instance ${instance.id} are not of the same scrapes, so they can not be added up.`,
        hint: 'Name the labels that tell targets apart as `instance` at the source, such as [job, instance].',
      });
    }
    const reading = readInstance(instance, time);
    if ('fault' in reading) throw unavailable(reading.fault);
    return [{ time, startedMs: null, reading }];
  });
