import { errorRateOf, slowShareOf } from './baseline-rate.ts';
import { bookingOf } from './comparison.ts';
import type { TestSample } from './comparison.ts';
import type { ProofState } from './health.ts';
import { startProof, stepProof } from './health.ts';
import { slowSample } from './latency.ts';
import { countsOf } from './pairing.ts';
import type { Learnt } from './history.ts';
import type { PairedSample } from './pairing.ts';
import type { HealthState, StreamRules, StreamState } from './stream.ts';

/** None where a pass has to exclude nothing. */
export const startHealth = (
  { errors, proven }: Pick<StreamRules, 'errors' | 'proven'>,
  learnt: Learnt,
): HealthState => {
  const bounds = learnt.latency?.compared ?? [];
  const proofs = !proven ? [] : errors !== null ? [startProof] : bounds.map(() => startProof);
  return { good: proofs, late: proofs };
};

/** Grows one copy of the proof of health by one sample; rates are those of past samples. */
const growProofs = (
  settings: StreamRules,
  state: StreamState,
  proofs: readonly ProofState[],
  sample: PairedSample,
): readonly ProofState[] => {
  const { errors, latency, learnt } = state;
  if (settings.errors !== null && errors !== null) {
    const { harm } = settings.errors;
    const test: TestSample = { counts: countsOf(sample), seconds: sample.seconds, alone: sample.alone };
    const known = learnt.rate !== null || state.totals[3] > 0 || !sample.alone;
    const rate = known ? errorRateOf(errors.rate) : null;
    const booking = bookingOf(test, learnt.phi, settings.budget);
    return proofs.map((proof) => stepProof(proof, test, rate, { ratio: 1, margin: harm }, booking));
  }
  return proofs.map((proof, i) => {
    const bound = learnt.latency?.compared[i];
    const own = latency?.compared[i];
    const slow = bound === undefined ? null : slowSample(sample, bound.index);
    if (bound === undefined || own === undefined || slow === null) return proof;
    const booking = bookingOf(slow, bound.phi, settings.budget);
    const edge = { ratio: bound.harmRatio, margin: 0 };
    return stepProof(proof, slow, slowShareOf(own.rate), edge, booking);
  });
};

/** Books a sample on the proof of health and, in the last third of the watch, on its second copy. */
export const stepHealth = (
  settings: StreamRules,
  state: StreamState,
  sample: PairedSample | null,
  isLate: boolean,
): HealthState => {
  if (sample === null) return state.health;
  const { good, late } = state.health;
  return {
    good: growProofs(settings, state, good, sample),
    late: isLate ? growProofs(settings, state, late, sample) : late,
  };
};
