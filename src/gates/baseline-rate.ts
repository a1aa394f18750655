import { clamp } from './numerics.ts';

/** The running rate of the baseline: events and requests, past samples and what was known before. */
export type BaselineRate = { readonly events: number; readonly requests: number };

const lowest = 1e-5;
const highest = 0.5;
const highestSlow = 0.9;

/** Errors: the history's rate with its weight, and 200 requests more, so that a clean history is not taken for 0. */
export const startErrorRate = (rate: number | null, requests: number): BaselineRate => ({
  events: (rate ?? 0) * requests + 200 * Math.max(rate ?? 0, lowest),
  requests: requests + 200,
});

/** Slow requests: the history's share with the weight of 2000 requests. */
export const startSlowShare = (share: number): BaselineRate => ({ events: share * 2000, requests: 2000 });

export const addToRate = (rate: BaselineRate, events: number, requests: number): BaselineRate => ({
  events: rate.events + events,
  requests: rate.requests + requests,
});

export const errorRateOf = (rate: BaselineRate): number =>
  clamp(rate.events / rate.requests, lowest, highest);
export const slowShareOf = (rate: BaselineRate): number =>
  clamp(rate.events / rate.requests, lowest, highestSlow);
