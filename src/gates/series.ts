import type { InstanceReading } from './reading.ts';

/** One instance's counters as last booked. */
export type Series = {
  readonly id: string;
  /** When it was last read, on the watch's clock. */
  readonly t: number;
  readonly requests: number;
  readonly errors: number;
  /** Cumulative counts at the followed bounds, then in total; `null`: no usable histogram. */
  readonly buckets: readonly number[] | null;
  /** Until this second its latency is that of a cold process; `null`: warm. */
  readonly coldUntil: number | null;
  readonly restarts: number;
  readonly oomKills: number;
};

/** How an arm's readings are to be understood. */
export type BookingRules = {
  /** Instances that started after this second count from 0, whatever they had counted when first seen. */
  readonly since: number;
  readonly warmUpSeconds: number;
  /** Every instance of a cold arm has a warm-up, those of a warm arm only when they started lately. */
  readonly coldArm: boolean;
  /** Finite bucket bounds that are followed, in seconds; `null`: none yet. */
  readonly bounds: readonly number[] | null;
};

/** What happened on an instance, or on a whole arm, between two bookings. */
export type Increment = {
  readonly requests: number;
  readonly errors: number;
  /** Requests at most as slow as each bound and, last, all; `null` where no warm instance told them. */
  readonly buckets: readonly number[] | null;
  readonly restarts: number;
  readonly oomKills: number;
};

export const noIncrement: Increment = { requests: 0, errors: 0, buckets: null, restarts: 0, oomKills: 0 };

/** A counter that is NaN, negative or beyond exact numbers says nothing; it is never read as 0. */
export const isCount = (value: number): boolean => value >= 0 && value <= Number.MAX_SAFE_INTEGER;

/** A counter that may be missing from a reading: its last known value then. */
const countOr = (value: number | undefined, known: number | undefined): number =>
  value !== undefined && isCount(value) ? value : (known ?? 0);

/** Cumulative counts at the followed bounds and in total; `null` where a bound is missing or a count says nothing. */
const bucketsOf = (instance: InstanceReading, bounds: readonly number[] | null): readonly number[] | null => {
  if (instance.latency === undefined || bounds === null) return null;
  const { le, count } = instance.latency;
  const aligned = le.length === bounds.length + 1 && le[bounds.length] === '+Inf';
  const buckets: number[] = [];
  for (const [i, bound] of [...bounds, '+Inf' as const].entries()) {
    const place = aligned && le[i] === bound ? i : le.indexOf(bound);
    const value = count[place];
    if (value === undefined || !isCount(value)) return null;
    buckets.push(value);
  }
  return buckets;
};

/** `null` where the two can't be compared or a bucket fell though the process went on. */
const bucketGrowth = (
  now: readonly number[] | null,
  before: readonly number[] | null,
): readonly number[] | null => {
  if (now === null || before === null || now.length !== before.length) return null;
  const growth: number[] = [];
  for (const [i, value] of now.entries()) {
    const grown = value - (before[i] ?? 0);
    if (grown < 0) return null;
    growth.push(grown);
  }
  return growth;
};

/** A counter of events that may itself have been reset. */
const eventsSince = (now: number, before: number): number => (now >= before ? now - before : now);

type Step = { readonly series: Series; readonly increment: Increment };

/** An instance that was not known before: its values are the starting point, unless it started lately. */
const meet = (now: Series, started: number, rules: BookingRules): Step => {
  const lately = started > rules.since;
  const cold = lately ? started : now.t;
  const series = { ...now, coldUntil: lately || rules.coldArm ? cold + rules.warmUpSeconds : null };
  if (!lately) return { series, increment: noIncrement };
  const { requests, errors, restarts, oomKills } = now;
  return { series, increment: { requests, errors, buckets: null, restarts, oomKills } };
};

/** Books one instance; `before`: how it was last booked. */
export const bookSeries = (
  instance: InstanceReading,
  before: Series | null,
  t: number,
  rules: BookingRules,
): Step => {
  const { id, requests, errors } = instance;
  const restarts = countOr(instance.restarts, before?.restarts);
  const oomKills = countOr(instance.oomKills, before?.oomKills);
  const told = instance.started !== undefined && Number.isFinite(instance.started);
  const started = told ? (instance.started ?? t) : Number.NEGATIVE_INFINITY;
  const now: Series = {
    ...{ id, t, requests, errors, restarts, oomKills },
    buckets: bucketsOf(instance, rules.bounds),
    coldUntil: before?.coldUntil ?? null,
  };
  if (before === null) return meet(now, started, rules);
  const events = {
    restarts: eventsSince(restarts, before.restarts),
    oomKills: eventsSince(oomKills, before.oomKills),
  };
  if (requests < before.requests || errors < before.errors || started > before.t) {
    // The process restarted: everything counts from 0, and its caches are cold again.
    const coldUntil = Math.max(started, before.t) + rules.warmUpSeconds;
    return { series: { ...now, coldUntil }, increment: { requests, errors, buckets: null, ...events } };
  }
  const warm = now.coldUntil === null || before.t >= now.coldUntil;
  return {
    series: warm ? { ...now, coldUntil: null } : now,
    increment: {
      requests: requests - before.requests,
      errors: errors - before.errors,
      buckets: warm ? bucketGrowth(now.buckets, before.buckets) : null,
      ...events,
    },
  };
};
