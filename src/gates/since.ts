import { likeliestOnset } from './mixture.ts';
import type { Mixture, Since } from './mixture.ts';
import { logOf } from './numerics.ts';
import type { BoundState } from './latency.ts';
import type { LearntBound } from './history.ts';
import type { GateState } from './state.ts';
import type { WatchWindow } from './watch-window.ts';
import {
  errorAlternatives,
  fireAlternatives,
  latencyAlternatives,
  latencyLimitAlternatives,
  limitAlternatives,
} from './weights.ts';
import type { TestName } from './weights.ts';

const windowCounts = (state: GateState, window: WatchWindow): Since => {
  const [canaryEvents, canary, baselineEvents, baseline] = state.totals;
  const before = window.totals;
  return {
    from: window.start,
    counts: {
      canaryEvents: canaryEvents - before[0],
      canary: canary - before[1],
      baselineEvents: baselineEvents - before[2],
      baseline: baseline - before[3],
    },
  };
};

/** Counts of the watch at hand. */
export const sinceOpened = (state: GateState): Since =>
  state.window === null
    ? { from: 0, counts: { canaryEvents: 0, canary: 0, baselineEvents: 0, baseline: 0 } }
    : windowCounts(state, state.window);

/** Errors since the onset that the test's evidence points at; the watch's where it tells of no errors. */
export const errorsSince = (state: GateState, test: TestName): Since => {
  const { errors } = state;
  if (errors === null) return sinceOpened(state);
  switch (test) {
    case 'errors_vs_baseline':
      return likeliestOnset(errors.comparison, errorAlternatives.weights);
    case 'errors_vs_limit':
      return likeliestOnset(errors.limit, limitAlternatives.weights);
    case 'on_fire':
      return likeliestOnset(errors.fire, fireAlternatives.weights);
    case 'latency_vs_baseline':
    case 'latency_vs_limit':
    case 'gauges':
      return sinceOpened(state);
  }
};

/** The bucket bound that speaks loudest: its seconds, and slow requests since the onset it points at. */
export type SlowSince = { readonly bound: LearntBound; readonly seconds: number; readonly since: Since };

const strength = (mixture: Mixture, weights: readonly number[]): number =>
  Math.max(...(mixture.keys[0] ?? []).map((log, j) => log + logOf(weights[j] ?? 0)));

/** `null`: the test has no bounds. */
export const slowSince = (
  state: GateState,
  test: 'latency_vs_baseline' | 'latency_vs_limit',
): SlowSince | null => {
  const { learnt, latency } = state;
  if (learnt.latency === null || learnt.bounds === null || latency === null) return null;
  const against = test === 'latency_vs_baseline';
  const bounds = against ? learnt.latency.compared : learnt.latency.limited.map((limited) => limited.bound);
  const states: readonly BoundState[] = against ? latency.compared : latency.limited;
  const { weights } = against ? latencyAlternatives : latencyLimitAlternatives;
  let best: SlowSince | null = null;
  let top = Number.NEGATIVE_INFINITY;
  for (const [i, bound] of bounds.entries()) {
    const own = states[i];
    const seconds = learnt.bounds[bound.index];
    if (own === undefined || seconds === undefined) continue;
    const loud = strength(own.mixture, weights);
    if (loud <= top) continue;
    top = loud;
    best = { bound, seconds, since: likeliestOnset(own.mixture, weights) };
  }
  return best;
};
