import type { ArmReading, InstanceReading, Reading } from './reading.ts';
import { bookSeries, isCount, noIncrement } from './series.ts';
import type { BookingRules, Increment, Series } from './series.ts';

/** What is known of one arm's counters. `at`: time of the newest sample booked. */
export type ArmCounters = { readonly at: number | null; readonly series: readonly Series[] };

/**
 * `silent`: nothing usable was read. `same`: read, but nothing is newer than what was booked.
 * `first`: the arm's starting point. `fresh`: there is news, be it "no request".
 */
export type News = 'silent' | 'same' | 'first' | 'fresh';
export type Booked = { readonly counters: ArmCounters; readonly news: News; readonly increment: Increment };

export const noCounters: ArmCounters = { at: null, series: [] };

/** An instance that was not seen for this long is forgotten: its pod is gone. */
const forgottenAfter = 900;

const addBuckets = (a: readonly number[] | null, b: readonly number[] | null): readonly number[] | null => {
  if (a === null || b === null) return a ?? b;
  return a.map((value, i) => value + (b[i] ?? 0));
};

export const addIncrements = (a: Increment, b: Increment): Increment => ({
  requests: a.requests + b.requests,
  errors: a.errors + b.errors,
  buckets: addBuckets(a.buckets, b.buckets),
  restarts: a.restarts + b.restarts,
  oomKills: a.oomKills + b.oomKills,
});

/** A sample from further in the future has a wrong clock: believed, it would make all later ones look stale. */
const clocksApart = 60;

/** Instances that say something: the first of each id, with counts that are numbers. */
const usableOf = (reading: ArmReading): readonly InstanceReading[] => {
  const seen = new Set<string>();
  return reading.instances.filter(({ id, requests, errors }) => {
    if (seen.has(id) || !isCount(requests) || !isCount(errors)) return false;
    seen.add(id);
    return true;
  });
};

/** Whether the counters show anything that was not booked; the only sign of news where a source tells no times. */
const differs = (now: readonly Series[], before: ReadonlyMap<string, Series>): boolean =>
  now.some((series) => {
    const old = before.get(series.id);
    return old === undefined || old.requests !== series.requests || old.errors !== series.errors;
  });

/**
 * Books what one arm's reading tells, instance by instance: a failed or stale reading tells nothing, a missing
 * instance nothing yet (its next reading brings what was missed), a counter that fell is a restart.
 */
export const bookReading = (
  counters: ArmCounters,
  reading: Reading,
  t: number,
  rules: BookingRules,
): Booked => {
  const quiet = (news: News): Booked => ({ counters, news, increment: noIncrement });
  if (reading === null) return quiet('silent');
  const usable = usableOf(reading);
  if (usable.length === 0) return quiet('silent');
  const told = reading.at !== undefined && reading.at <= t + clocksApart;
  const at = told ? (reading.at ?? t) : t;
  // Replicas of a store answer newer and older by turns.
  if (counters.at !== null && at <= counters.at) return quiet('same');

  const before = new Map(counters.series.map((series) => [series.id, series]));
  const steps = usable.map((instance) => bookSeries(instance, before.get(instance.id) ?? null, at, rules));
  const now = steps.map((step) => step.series);
  // Not scraped in between, or idle: without times of samples nobody can tell, so it waits.
  if (!told && counters.at !== null && !differs(now, before)) return quiet('same');

  for (const series of now) before.delete(series.id);
  const absent = [...before.values()].filter((series) => at - series.t < forgottenAfter);
  return {
    counters: { at, series: [...now, ...absent] },
    news: counters.at === null ? 'first' : 'fresh',
    increment: steps.reduce((sum, step) => addIncrements(sum, step.increment), noIncrement),
  };
};
