import { addToRate, slowShareOf, startSlowShare } from './baseline-rate.ts';
import type { BaselineRate } from './baseline-rate.ts';
import { bookingOf, comparisonEvidence, comparisonValue, limitEvidence } from './comparison.ts';
import type { TestSample } from './comparison.ts';
import type { LearntBound, LearntLatency } from './history.ts';
import { mixtureEvidence, startMixture, stepMixture } from './mixture.ts';
import type { Mixture } from './mixture.ts';
import { logSumExp } from './numerics.ts';
import type { Onset } from './onset.ts';
import type { PairedSample } from './pairing.ts';
import { slowAt } from './slow-shares.ts';
import { latencyAlternatives, latencyLimitAlternatives } from './weights.ts';

/** Evidence at one bucket bound, against the baseline or against a limit. */
export type BoundState = { readonly rate: BaselineRate; readonly mixture: Mixture };

/** Evidence of the tests on latency; the order is that of what was learnt. */
export type LatencyState = {
  readonly compared: readonly BoundState[];
  readonly limited: readonly BoundState[];
  /** Histograms since the start, for the sentence: counts at each bound and in total. */
  readonly canary: readonly number[];
  readonly baseline: readonly number[];
};

/** `placed`: share of the bets on the onset that are placed already. */
export const startLatency = (
  learnt: LearntLatency,
  bounds: readonly number[],
  placed: number,
  from: number,
): LatencyState => {
  const size = latencyAlternatives.odds.length;
  const zeros = [...bounds, 0].map(() => 0);
  const start = (bound: LearntBound, keys: number): BoundState => ({
    rate: startSlowShare(bound.share),
    mixture: startMixture(size, keys, placed, from),
  });
  return {
    compared: learnt.compared.map((bound) => start(bound, 2)),
    limited: learnt.limited.map(({ bound }) => start(bound, 1)),
    canary: zeros,
    baseline: zeros,
  };
};

/** The sample at one bound; `null` where an arm's histogram is missing from it. */
export const slowSample = (sample: PairedSample, index: number): TestSample | null => {
  const { canary, baseline } = sample;
  if (canary.buckets === null || (baseline.buckets === null && !sample.alone)) return null;
  const slow = slowAt(canary.buckets, index);
  const usual = slowAt(baseline.buckets ?? [], index);
  return {
    counts: {
      canaryEvents: slow.slow,
      canary: slow.all,
      baselineEvents: usual.slow,
      baseline: usual.all,
    },
    seconds: sample.seconds,
    alone: sample.alone,
  };
};

type Evidence = (sample: TestSample, share: number) => readonly (readonly number[])[];

const stepBound = (
  state: BoundState,
  onset: Onset,
  sample: TestSample | null,
  evidence: Evidence,
): BoundState => {
  if (sample === null) return { rate: state.rate, mixture: stepMixture(state.mixture, onset, null, null) };
  const { counts } = sample;
  return {
    rate: addToRate(state.rate, counts.baselineEvents, counts.baseline),
    mixture: stepMixture(state.mixture, onset, evidence(sample, slowShareOf(state.rate)), counts),
  };
};

const grow = (sums: readonly number[], buckets: readonly number[] | null): readonly number[] =>
  buckets === null ? sums : sums.map((sum, i) => sum + (buckets[i] ?? 0));

/** Books one sample (`null`: none was closed). */
export const stepLatency = (
  learnt: LearntLatency,
  budget: number,
  state: LatencyState,
  onset: Onset,
  sample: PairedSample | null,
): LatencyState => {
  const at = (bound: LearntBound) => (sample === null ? null : slowSample(sample, bound.index));
  const compared = state.compared.map((own, i) => {
    const bound = learnt.compared[i];
    if (bound === undefined) return own;
    return stepBound(own, onset, at(bound), (seen, share) =>
      // Without a baseline latency is held to its limit only: yesterday's latencies prove nothing about today's.
      seen.alone
        ? []
        : comparisonEvidence(
            seen,
            share,
            { ratio: bound.ratio, margin: 0 },
            latencyAlternatives,
            null,
            bookingOf(seen, bound.phi, budget),
          ),
    );
  });
  const limited = state.limited.map((own, i) => {
    const learntLimit = learnt.limited[i];
    if (learntLimit === undefined) return own;
    const { limit, bound } = learntLimit;
    return stepBound(own, onset, at(bound), (seen, share) => {
      const booking = bookingOf(seen, bound.phi, budget);
      return [limitEvidence(seen, share, limit.share, bound.before, latencyLimitAlternatives, booking)];
    });
  });
  if (sample === null) return { ...state, compared, limited };
  const usable = sample.canary.buckets !== null && (sample.alone || sample.baseline.buckets !== null);
  return {
    compared,
    limited,
    canary: usable ? grow(state.canary, sample.canary.buckets) : state.canary,
    baseline: usable ? grow(state.baseline, sample.baseline.buckets) : state.baseline,
  };
};

const average = (logs: readonly number[]): number =>
  logs.length === 0 ? 0 : logSumExp(logs) - Math.log(logs.length);

/** `ln E` of both tests on latency: plain averages over their bounds; 0 where there are none. */
export const latencyValues = (
  state: LatencyState,
  left: number,
  budget: number,
): { readonly compared: number; readonly limited: number } => ({
  compared: average(
    state.compared.map(({ mixture }) => comparisonValue(mixture, latencyAlternatives, left, budget)),
  ),
  limited: average(
    state.limited.map(({ mixture }) => mixtureEvidence(mixture, 0, latencyLimitAlternatives.weights, left)),
  ),
});
