import { addIncrements } from './counters.ts';
import type { News } from './counters.ts';
import type { Counts } from './projection.ts';
import { noIncrement } from './series.ts';
import type { Increment } from './series.ts';

/** What both arms did over the same stretch of time, or the canary alone where the baseline gives nothing. */
export type PairedSample = {
  /** Second in which the stretch began, and its length. */
  readonly from: number;
  readonly seconds: number;
  /** No baseline to compare with: only history is left. */
  readonly alone: boolean;
  readonly canary: Increment;
  readonly baseline: Increment;
};

/** Counts that wait until both arms have news. */
export type Pairing = {
  /** End of the last stretch; `null` before the first starting point. */
  readonly closedAt: number | null;
  readonly canary: Increment;
  readonly baseline: Increment;
  readonly canaryFresh: boolean;
  readonly baselineFresh: boolean;
  /** Since when the canary has requests and the baseline gives nothing to compare them with. */
  readonly waitingSince: number | null;
  /** The canary is judged alone, because the baseline gave nothing for long. */
  readonly alone: boolean;
  /** The canary was judged alone while the baseline was silent: what it missed belongs to no stretch any more. */
  readonly missed: boolean;
};

/** News of one arm in one reading. */
export type ArmNews = { readonly news: News; readonly increment: Increment };

export const noPairing: Pairing = {
  closedAt: null,
  canary: noIncrement,
  baseline: noIncrement,
  canaryFresh: false,
  baselineFresh: false,
  waitingSince: null,
  alone: false,
  missed: false,
};

type Paired = { readonly pairing: Pairing; readonly sample: PairedSample | null };

/** Fewer than one baseline request to this many of the canary is no baseline to compare with. */
const fewest = 100;

/** More errors than requests: the counter of requests was read a moment earlier. The rest waits for it. */
const settle = (increment: Increment): { readonly now: Increment; readonly rest: Increment } => {
  const rest = Math.max(0, increment.errors - increment.requests);
  if (rest === 0) return { now: increment, rest: noIncrement };
  return {
    now: { ...increment, errors: increment.errors - rest },
    rest: { ...noIncrement, errors: rest },
  };
};

const close = (pairing: Pairing, t: number, alone: boolean): Paired => {
  const from = pairing.closedAt ?? t;
  const canary = settle(pairing.canary);
  const baseline = settle(alone ? noIncrement : pairing.baseline);
  const missed = alone && !pairing.baselineFresh;
  return {
    pairing: { ...noPairing, closedAt: t, alone, missed, canary: canary.rest, baseline: baseline.rest },
    sample: { from, seconds: t - from, alone, canary: canary.now, baseline: baseline.now },
  };
};

/** An arm's counts begin only now: what the other one counted before covers another stretch of time. */
const begin = (before: Pairing, canary: ArmNews, baseline: ArmNews, t: number): Pairing => ({
  ...noPairing,
  closedAt: t,
  canary: canary.news === 'first' ? canary.increment : noIncrement,
  baseline: baseline.news === 'first' ? baseline.increment : noIncrement,
  alone: before.alone,
});

const gather = (before: Pairing, canary: ArmNews, baseline: ArmNews): Pairing => ({
  ...before,
  canary: addIncrements(before.canary, canary.increment),
  baseline: addIncrements(before.baseline, baseline.increment),
  canaryFresh: before.canaryFresh || canary.news === 'fresh',
  baselineFresh: before.baselineFresh || baseline.news === 'fresh',
});

const isComparable = (pairing: Pairing): boolean =>
  pairing.canaryFresh &&
  pairing.baselineFresh &&
  pairing.baseline.requests > 0 &&
  pairing.baseline.requests * fewest >= pairing.canary.requests;

const pairAlone = (before: Pairing, canary: ArmNews, baseline: ArmNews, t: number): Paired => {
  const returns = baseline.news === 'first' || (baseline.news === 'fresh' && before.missed);
  const heard: ArmNews = returns ? { news: 'fresh', increment: noIncrement } : baseline;
  const pairing = gather(before, canary, heard);
  if (isComparable(pairing)) return close(pairing, t, false);
  if (pairing.canaryFresh && pairing.canary.requests > 0) return close(pairing, t, true);
  return { pairing: { ...pairing, missed: before.missed && !returns }, sample: null };
};

/**
 * Adds the news of one reading and closes a sample when both arms have some and there were requests. After
 * `patience` seconds without news or requests of the baseline the canary goes on alone; when the baseline returns
 * after a silence, what it missed is not booked on the stretch at hand.
 */
export const pair = (
  before: Pairing,
  canary: ArmNews,
  baseline: ArmNews,
  t: number,
  patience: number,
): Paired => {
  if (before.alone && canary.news !== 'first') return pairAlone(before, canary, baseline, t);
  if (canary.news === 'first' || baseline.news === 'first') {
    return { pairing: begin(before, canary, baseline, t), sample: null };
  }
  const pairing = gather(before, canary, baseline);
  if (isComparable(pairing)) return close(pairing, t, false);
  const waits = pairing.canary.requests > 0;
  const waitingSince = waits ? (before.waitingSince ?? t) : null;
  if (waitingSince !== null && t - waitingSince >= patience) return close(pairing, t, true);
  return { pairing: { ...pairing, waitingSince }, sample: null };
};

export const countsOf = (sample: PairedSample): Counts => ({
  canaryEvents: sample.canary.errors,
  canary: sample.canary.requests,
  baselineEvents: sample.baseline.errors,
  baseline: sample.baseline.requests,
});
