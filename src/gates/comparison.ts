import { oneArmEvidence, sampleCap, temper, twoArmEvidence } from './evidence.ts';
import type { Booking } from './evidence.ts';
import { mixtureEvidence } from './mixture.ts';
import type { Mixture } from './mixture.ts';
import { timesOdds } from './numerics.ts';
import { edgeOf } from './projection.ts';
import type { Counts, Edge } from './projection.ts';
import { logKappa } from './weights.ts';
import type { Alternatives } from './weights.ts';

/** One sample as the tests see it. `alone`: there is no baseline in it. */
export type TestSample = { readonly counts: Counts; readonly seconds: number; readonly alone: boolean };

/** How a sample's evidence is booked: tempered by `phi`, capped by the sample's length and split. */
export const bookingOf = (sample: TestSample, phi: number, budget: number): Booking => ({
  phi,
  cap: sampleCap(sample.counts.canary, sample.alone ? null : sample.counts.baseline, sample.seconds, budget),
});

const noWorse: Edge = { ratio: 1, margin: 0 };
const highestEdge = 0.95;

const alternativesAt = (edge: number, alternatives: Alternatives): readonly number[] => {
  const tolerated = Math.min(edge, highestEdge);
  return alternatives.odds.map((odds) => timesOdds(tolerated, odds));
};

/**
 * Evidence of one sample for the two keys: against "no worse than the baseline" and against "worse by no more than
 * the tolerance". Without a baseline both are the evidence against `bound`, the highest rate that is usual plus the
 * tolerance (`null`: nothing usual is known, so nothing can be said).
 */
export const comparisonEvidence = (
  sample: TestSample,
  rate: number,
  edge: Edge,
  alternatives: Alternatives,
  bound: number | null,
  booking: Booking,
): readonly (readonly number[])[] => {
  const { counts } = sample;
  const worse = alternativesAt(edgeOf(edge, rate), alternatives);
  if (sample.alone) {
    const alone = worse.map((canary) =>
      bound === null ? 0 : temper(oneArmEvidence(counts.canaryEvents, counts.canary, canary, bound), booking),
    );
    return [alone, alone];
  }
  const against = (null_: Edge) =>
    worse.map((canary) => temper(twoArmEvidence(counts, { canary, baseline: rate }, null_), booking));
  return [against(noWorse), against(edge)];
};

/** `ln E` of a comparison: surely worse, and probably by more than the tolerance. */
export const comparisonValue = (
  mixture: Mixture,
  alternatives: Alternatives,
  left: number,
  budget: number,
): number =>
  Math.min(
    mixtureEvidence(mixture, 0, alternatives.weights, left),
    logKappa(budget) + mixtureEvidence(mixture, 1, alternatives.weights, left),
  );

/**
 * Evidence of one sample against "below the limit, or no worse than the baseline now": the smaller of both, so that
 * neither a service that always fails more nor an outage of both versions is booked on the release. Without a
 * baseline what was usual before takes its place.
 */
export const limitEvidence = (
  sample: TestSample,
  rate: number,
  limit: number,
  before: number | null,
  alternatives: Alternatives,
  booking: Booking,
): readonly number[] => {
  const { counts } = sample;
  return alternativesAt(limit, alternatives).map((canary) => {
    const bound = sample.alone ? Math.max(limit, before ?? limit) : limit;
    const alone = oneArmEvidence(counts.canaryEvents, counts.canary, canary, bound);
    if (sample.alone) return temper(alone, booking);
    const together = twoArmEvidence(counts, { canary, baseline: rate }, noWorse);
    return temper(Math.min(alone, together), booking);
  });
};
