import { oneArmEvidence, temper, twoArmEvidence } from './evidence.ts';
import type { Booking } from './evidence.ts';
import { logSumExp } from './numerics.ts';
import { edgeOf } from './projection.ts';
import type { Edge } from './projection.ts';
import type { TestSample } from './comparison.ts';

/** `ln` of the evidence against harm under each alternative. */
export type ProofState = readonly number[];

export const startProof: ProofState = [0, 0];

/** Alternatives of health: as good as the baseline, and worse by this part of the harm. */
export const healthyParts = [0, 0.35];

/**
 * Grows the evidence that the canary is not worse by `harm` or more (`edge`), by one sample. `rate`: the baseline's
 * in past samples; `null`, without a baseline and without a past, proves nothing.
 */
export const stepProof = (
  state: ProofState,
  sample: TestSample,
  rate: number | null,
  edge: Edge,
  booking: Booking,
): ProofState => {
  if (rate === null) return state;
  const { counts } = sample;
  const harmful = edgeOf(edge, rate);
  return state.map((log, i) => {
    const canary = rate + (healthyParts[i] ?? 0) * (harmful - rate);
    const evidence = sample.alone
      ? oneArmEvidence(counts.canaryEvents, counts.canary, canary, harmful, 'at-least')
      : twoArmEvidence(counts, { canary, baseline: rate }, edge, 'at-least');
    return log + temper(evidence, booking);
  });
};

/** `ln E` of a proof. */
export const proofValue = (state: ProofState): number => logSumExp(state) - Math.log(state.length);
