import type { Judged } from './judged.ts';
import { likeliestOnset } from './mixture.ts';
import type { Mixture, Since, Totals } from './mixture.ts';
import { logOf } from './numerics.ts';
import type { BoundState } from './latency.ts';
import type { LearntBound } from './history.ts';
import type { Counts } from './projection.ts';
import type { GateState } from './state.ts';
import type { StreamState } from './stream.ts';
import {
  errorAlternatives,
  fireAlternatives,
  latencyAlternatives,
  latencyLimitAlternatives,
  limitAlternatives,
} from './weights.ts';
import type { TestName } from './weights.ts';

/** What was counted between two totals. */
export const countsBetween = (before: Totals, now: Totals): Counts => ({
  canaryEvents: now[0] - before[0],
  canary: now[1] - before[1],
  baselineEvents: now[2] - before[2],
  baseline: now[3] - before[3],
});

/** Counts of requests of the watch at hand. */
export const sinceOpened = ({ window, totals }: GateState): Since => ({
  from: window?.start ?? 0,
  counts: countsBetween(window?.totals ?? totals, totals),
});

/** Errors since the onset that the test's evidence points at; the watch's where it tells of no errors. */
export const errorsSince = ({ state: { errors }, since }: Judged, test: TestName): Since => {
  if (errors === null) return since;
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
      return since;
  }
};

/** The bucket bound that speaks loudest: its seconds, and slow requests since the onset it points at. */
export type SlowSince = { readonly bound: LearntBound; readonly seconds: number; readonly since: Since };

const strength = (mixture: Mixture, weights: readonly number[]): number =>
  Math.max(...(mixture.keys[0] ?? []).map((log, j) => log + logOf(weights[j] ?? 0)));

/** `null`: the test has no bounds. */
export const slowSince = (
  { learnt, latency }: Pick<StreamState, 'learnt' | 'latency'>,
  test: 'latency_vs_baseline' | 'latency_vs_limit',
): SlowSince | null => {
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
