import { bookReading, noCounters } from './counters.ts';
import { overdispersion, phiWithoutHistory } from './overdispersion.ts';
import type { Tick } from './overdispersion.ts';
import type { Reading } from './reading.ts';
import type { Increment } from './series.ts';
import type { GateSettings, LatencyLimit, LatencySettings } from './settings.ts';
import { boundOfLimit, chooseBounds, shareRatio, slowAt } from './slow-shares.ts';
import type { Histogram } from './slow-shares.ts';

/** The baseline before the rollout, at second `t` (negative) of the watch's clock. */
export type HistorySample = { readonly t: number; readonly baseline: Reading };

/** A bucket bound that is tested: its number, the baseline's slow share, how it varies and what is tolerated. */
export type LearntBound = {
  readonly index: number;
  readonly share: number;
  readonly phi: number;
  /** Highest usual share, for times without a baseline. */
  readonly before: number | null;
  /** Tolerated and harmful multiple of the share. */
  readonly ratio: number;
  readonly harmRatio: number;
};

export type LearntLatency = {
  /** The baseline's requests at each followed bound and in total. */
  readonly buckets: readonly number[];
  /** Tested against the baseline. */
  readonly compared: readonly LearntBound[];
  /** Tested against a limit. */
  readonly limited: readonly { readonly limit: LatencyLimit; readonly bound: LearntBound }[];
};

/** What the baseline's past tells. */
export type Learnt = {
  /** Usual failure rate, and requests it rests on (at most 50 000, 0: nothing is known). */
  readonly rate: number | null;
  readonly requests: number;
  readonly phi: number;
  /** Highest usual failure rate; `null`: unknown. */
  readonly before: number | null;
  /** Usual seconds between fresh readings; `null`: unknown. */
  readonly interval: number | null;
  readonly bounds: readonly number[] | null;
  readonly latency: LearntLatency | null;
};

type Step = { readonly seconds: number; readonly increment: Increment };

const mostRequests = 50_000;
const longestBlock = 300;
const eventsPerBlock = 4;

/** Finite bounds of the first histogram that a reading shows, if they rise as bounds must; `null`: none. */
export const boundsIn = (reading: Reading): readonly number[] | null => {
  const latency = reading?.instances.find((instance) => instance.latency !== undefined)?.latency;
  if (latency === undefined) return null;
  const finite = latency.le.filter((bound) => bound !== '+Inf');
  const rising = finite.every((bound, i) => bound > (finite[i - 1] ?? 0) && Number.isFinite(bound));
  return finite.length === 0 || !rising ? null : finite;
};

const stepsOf = (history: readonly HistorySample[], bounds: readonly number[] | null): readonly Step[] => {
  const since = history[0]?.t ?? 0;
  const rules = { since, warmUpSeconds: 0, coldArm: false, bounds };
  const steps: Step[] = [];
  let counters = noCounters;
  let last: number | null = null;
  for (const { t, baseline } of history) {
    const booked = bookReading(counters, baseline, t, rules);
    counters = booked.counters;
    if (booked.news === 'silent' || booked.news === 'same') continue;
    if (last !== null) steps.push({ seconds: t - last, increment: booked.increment });
    last = t;
  }
  return steps;
};

/** Requests per second of the baseline's past, and how much of it was seen; `null`: no request was. */
export const trafficOf = (
  history: readonly HistorySample[],
): { readonly requestsPerSecond: number; readonly seconds: number } | null => {
  const steps = stepsOf(history, null);
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  const requests = steps.reduce((sum, step) => sum + step.increment.requests, 0);
  return seconds <= 0 || requests <= 0 ? null : { requestsPerSecond: requests / seconds, seconds };
};

/** 95th percentile of rates over blocks long enough to hold a few events, and at least 1.25 times the usual. */
const highestUsual = (ticks: readonly (Tick & { readonly seconds: number })[], rate: number): number => {
  const enough = rate > 0 ? eventsPerBlock / rate : Number.POSITIVE_INFINITY;
  const rates: number[] = [];
  let block = { requests: 0, events: 0, seconds: 0 };
  for (const tick of ticks) {
    block = {
      requests: block.requests + tick.requests,
      events: block.events + tick.events,
      seconds: block.seconds + tick.seconds,
    };
    if (block.requests < enough && block.seconds < longestBlock) continue;
    if (block.requests > 0) rates.push(block.events / block.requests);
    block = { requests: 0, events: 0, seconds: 0 };
  }
  rates.sort((a, b) => a - b);
  const percentile = rates[Math.max(0, Math.ceil(0.95 * rates.length) - 1)] ?? 0;
  return Math.max(1.25 * rate, percentile);
};

/** Bounds to test, from the histogram of the baseline; `ticks` may be empty. */
export const learnLatency = (
  settings: LatencySettings,
  histogram: Histogram,
  steps: readonly { readonly seconds: number; readonly increment: Increment }[],
): LearntLatency => {
  const learnBound = (index: number): LearntBound => {
    const { slow, all } = slowAt(histogram.buckets, index);
    const ticks = steps.map(({ seconds, increment }) => {
      const counted = slowAt(increment.buckets ?? [], index);
      return { seconds, requests: counted.all, events: counted.slow };
    });
    return {
      index,
      share: slow / all,
      phi: overdispersion(ticks),
      before: ticks.length === 0 ? null : highestUsual(ticks, slow / all),
      ratio: shareRatio(histogram, index, settings.margin, 1.02),
      harmRatio: shareRatio(histogram, index, 5 * settings.margin, 1.1),
    };
  };
  const chosen = new Set(chooseBounds(histogram));
  const limits = settings.limits.flatMap((limit) => {
    const index = boundOfLimit(histogram.bounds, limit);
    return index === null ? [] : [{ limit, index }];
  });
  for (const { index } of limits) chosen.add(index);
  const learnt = new Map([...chosen].map((index) => [index, learnBound(index)]));
  return {
    buckets: histogram.buckets,
    compared: [...learnt.values()],
    limited: limits.flatMap(({ limit, index }) => {
      const bound = learnt.get(index);
      return bound === undefined ? [] : [{ limit, bound }];
    }),
  };
};

const median = (values: readonly number[]): number | null =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;

/** Fewer requests than this say too little about the shape of the latencies. */
export const fewestForLatency = 200;

const latencyFrom = (
  settings: LatencySettings | null,
  bounds: readonly number[] | null,
  steps: readonly Step[],
): LearntLatency | null => {
  if (settings === null || bounds === null) return null;
  const counted = steps.filter((step) => step.increment.buckets !== null);
  const buckets = [...bounds, 0].map((_, i) =>
    counted.reduce((sum, step) => sum + (step.increment.buckets?.[i] ?? 0), 0),
  );
  if ((buckets.at(-1) ?? 0) < fewestForLatency) return null;
  return learnLatency(settings, { bounds, buckets }, counted);
};

/** What the readings of the baseline before the rollout tell; they must be in order of time. */
export const learn = (settings: Pick<GateSettings, 'latency'>, history: readonly HistorySample[]): Learnt => {
  let bounds: readonly number[] | null = null;
  if (settings.latency !== null) {
    for (const sample of history) bounds ??= boundsIn(sample.baseline);
  }
  const steps = stepsOf(history, bounds);
  const ticks = steps.map(({ seconds, increment }) => ({
    seconds,
    requests: increment.requests,
    events: increment.errors,
  }));
  const requests = ticks.reduce((sum, tick) => sum + tick.requests, 0);
  const events = ticks.reduce((sum, tick) => sum + tick.events, 0);
  const rate = requests > 0 ? events / requests : null;
  return {
    rate,
    requests: Math.min(requests, mostRequests),
    phi: rate === null ? phiWithoutHistory : overdispersion(ticks),
    before: rate === null ? null : highestUsual(ticks, rate),
    interval: median(steps.map((step) => step.seconds)),
    bounds,
    latency: latencyFrom(settings.latency, bounds, steps),
  };
};
