import { addToRate, errorRateOf, startErrorRate } from './baseline-rate.ts';
import type { BaselineRate } from './baseline-rate.ts';
import { bookingOf, comparisonEvidence, comparisonValue, limitEvidence } from './comparison.ts';
import type { TestSample } from './comparison.ts';
import { fireCap, oneArmEvidence, temper, twoArmEvidence } from './evidence.ts';
import type { Learnt } from './history.ts';
import { mixtureEvidence, startMixture, stepMixture } from './mixture.ts';
import type { Mixture } from './mixture.ts';
import { timesOdds } from './numerics.ts';
import type { Onset } from './onset.ts';
import { edgeOf } from './projection.ts';
import type { ErrorSettings } from './settings.ts';
import { errorAlternatives, fireAlternatives, fireEdge, limitAlternatives } from './weights.ts';

/** Evidence of the three tests on errors. */
export type ErrorsState = {
  readonly rate: BaselineRate;
  readonly comparison: Mixture;
  readonly limit: Mixture;
  readonly fire: Mixture;
};

/** What of the gate's settings and learning the tests on errors use. */
export type ErrorsRules = {
  readonly errors: ErrorSettings;
  readonly budget: number;
  readonly learnt: Learnt;
};

export const startErrors = (learnt: Learnt, from: number): ErrorsState => ({
  rate: startErrorRate(learnt.rate, learnt.requests),
  comparison: startMixture(errorAlternatives.odds.length, 2, 0, from),
  limit: startMixture(limitAlternatives.odds.length, 1, 0, from),
  fire: startMixture(fireAlternatives.odds.length, 1, 0, from),
});

/** "On fire" looks for rates far beyond any usual one; its idea of the baseline stays below this. */
const highestForFire = 0.15;

const fireEvidence = (sample: TestSample, usual: number, budget: number): readonly number[] => {
  const { counts } = sample;
  const baseline = Math.min(usual, highestForFire);
  const edge = edgeOf(fireEdge, baseline);
  // Not tempered: when everything fails, errors may come in whatever groups they like.
  const booking = { phi: 1, cap: fireCap(budget) };
  return fireAlternatives.odds.map((odds) => {
    const canary = timesOdds(edge, odds);
    return temper(
      sample.alone
        ? oneArmEvidence(counts.canaryEvents, counts.canary, canary, edge)
        : twoArmEvidence(counts, { canary, baseline }, fireEdge),
      booking,
    );
  });
};

/** Books one sample (`null`: none was closed). The rate used is that of past samples only. */
export const stepErrors = (
  rules: ErrorsRules,
  state: ErrorsState,
  onset: Onset,
  sample: TestSample | null,
): ErrorsState => {
  if (sample === null) {
    return {
      rate: state.rate,
      comparison: stepMixture(state.comparison, onset, null, null),
      limit: stepMixture(state.limit, onset, null, null),
      fire: stepMixture(state.fire, onset, null, null),
    };
  }
  const { errors, budget, learnt } = rules;
  const { counts } = sample;
  const rate = errorRateOf(state.rate);
  const booking = bookingOf(sample, learnt.phi, budget);
  const edge = { ratio: errors.ratio, margin: errors.margin };
  const bound = learnt.before === null ? null : learnt.before + errors.margin;
  const compared = comparisonEvidence(sample, rate, edge, errorAlternatives, bound, booking);
  const limited =
    errors.max === null
      ? null
      : [limitEvidence(sample, rate, errors.max, learnt.before, limitAlternatives, booking)];
  return {
    rate: addToRate(state.rate, counts.baselineEvents, counts.baseline),
    comparison: stepMixture(state.comparison, onset, compared, counts),
    limit: stepMixture(state.limit, onset, limited, counts),
    fire: stepMixture(state.fire, onset, [fireEvidence(sample, rate, budget)], counts),
  };
};

/** `ln E` of each test; `left`: bets not yet placed. */
export const errorsValues = (
  state: ErrorsState,
  left: number,
  budget: number,
): { readonly comparison: number; readonly limit: number; readonly fire: number } => ({
  comparison: comparisonValue(state.comparison, errorAlternatives, left, budget),
  limit: mixtureEvidence(state.limit, 0, limitAlternatives.weights, left),
  fire: mixtureEvidence(state.fire, 0, fireAlternatives.weights, left),
});
