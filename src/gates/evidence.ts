import { edgeOf, project } from './projection.ts';
import type { Counts, Edge, Rates } from './projection.ts';

/** Which side of the edge is the null: `at-most` looks for a regression, `at-least` for proof of health. */
export type Side = 'at-most' | 'at-least';

/** `events` of `n` requests under `now` against the same under `null`, in nats. */
const logRatio = (events: number, n: number, alternative: number, nearest: number): number => {
  const hit = events === 0 ? 0 : events * Math.log(alternative / nearest);
  // (1-p*)/(1-p0) is near 1 for small rates: log1p keeps the digits.
  const miss = n === events ? 0 : (n - events) * Math.log1p((nearest - alternative) / (1 - nearest));
  return hit + miss;
};

/**
 * Logarithm of the e-variable of one sample, in nats: its expectation is at most 1 for every pair of rates on the
 * null's side of the edge, so what both arms suffer together is no evidence. 0 where an arm had no request or the
 * alternative lies in the null. Source: Turner, Ly, Grünwald 2024 (arXiv:2106.02693).
 */
export const twoArmEvidence = (
  counts: Counts,
  alternative: Rates,
  edge: Edge,
  side: Side = 'at-most',
): number => {
  if (counts.canary === 0 || counts.baseline === 0) return 0;
  const beyond = alternative.canary - edgeOf(edge, alternative.baseline);
  if (side === 'at-most' ? beyond <= 0 : beyond >= 0) return 0;
  const nearest = project(counts.canary, counts.baseline, alternative, edge);
  return (
    logRatio(counts.canaryEvents, counts.canary, alternative.canary, nearest.canary) +
    logRatio(counts.baselineEvents, counts.baseline, alternative.baseline, nearest.baseline)
  );
};

/** The same for one arm alone against a fixed rate `bound`. */
export const oneArmEvidence = (
  events: number,
  n: number,
  alternative: number,
  bound: number,
  side: Side = 'at-most',
): number => {
  if (n === 0 || (side === 'at-most' ? alternative <= bound : alternative >= bound)) return 0;
  return logRatio(events, n, alternative, bound);
};

/** A sample longer than this earns no higher cap: an outage of the metrics must not make one sample decide. */
const longestCredit = 60;

/**
 * What one sample may add at most, in nats, after tempering: no number of errors in one sample rolls a release
 * back. `seconds` is the sample's length; `baseline` is `null` where the canary is judged alone; `budget` the
 * chance of a false alarm, which bounds the cap so that one sample never spends it all.
 */
export const sampleCap = (
  canary: number,
  baseline: number | null,
  seconds: number,
  budget: number,
): number => {
  // On a canary with half the traffic one bad sample is no more surprising than a coin.
  const coin = baseline === null || canary === 0 ? 1.6 : 0.3 + Math.log((canary + baseline) / canary);
  const credit = Math.sqrt(Math.max(1, Math.min(seconds, longestCredit) / 10));
  return Math.min(Math.min(1.6, coin) * credit, -Math.log(budget) - 0.6);
};

/** The cap of the on-fire test: two samples suffice, one does not. */
export const fireCap = (budget: number): number => Math.min(5, -Math.log(budget) + 0.4);

/** How evidence is booked: divided by the overdispersion `phi`, then capped. */
export type Booking = { readonly phi: number; readonly cap: number };

export const temper = (evidence: number, booking: Booking): number =>
  Math.min(booking.cap, evidence / booking.phi);
