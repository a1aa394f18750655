import { errorRateOf, slowShareOf } from './baseline-rate.ts';
import { bookingOf } from './comparison.ts';
import type { TestSample } from './comparison.ts';
import type { ProofState } from './health.ts';
import { stepProof } from './health.ts';
import { slowSample } from './latency.ts';
import { countsOf } from './pairing.ts';
import type { PairedSample } from './pairing.ts';
import type { GateSettings } from './settings.ts';
import type { GateState, HealthState } from './state.ts';
import { lateFrom } from './watch-window.ts';
import type { WatchWindow } from './watch-window.ts';

/** Grows one copy of the proof of health by one sample; rates are those of past samples. */
const growProofs = (
  settings: GateSettings,
  state: GateState,
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
  settings: GateSettings,
  state: GateState,
  window: WatchWindow,
  sample: PairedSample | null,
  t: number,
): HealthState => {
  if (sample === null) return state.health;
  const { good, late } = state.health;
  return {
    good: growProofs(settings, state, good, sample),
    late: t > lateFrom(window) ? growProofs(settings, state, late, sample) : late,
  };
};
