import { boundsIn, fewestForLatency, learnLatency } from './history.ts';
import { startLatency } from './latency.ts';
import { onsetPlaced } from './onset.ts';
import { startHealth } from './proofs.ts';
import type { Sample } from './reading.ts';
import type { Moment, StreamRules, StreamState } from './stream.ts';

/** Bucket bounds that are followed: the history's, or those of the baseline's first histogram. */
export const followBounds = <State extends StreamState>(
  { latency }: Pick<StreamRules, 'latency'>,
  state: State,
  sample: Sample,
): State =>
  latency === null || state.learnt.bounds !== null
    ? state
    : { ...state, learnt: { ...state.learnt, bounds: boundsIn(sample.baseline) } };

/**
 * Without a history the bounds to test are chosen from what the baseline's processes counted in their lives; this
 * happens after the sample was booked, so that no sample chooses its own test.
 */
export const learnInFlight = <State extends StreamState>(
  rules: StreamRules,
  state: State,
  { tick, plannedTicks, t }: Pick<Moment, 'tick' | 'plannedTicks' | 't'>,
): State => {
  const { bounds } = state.learnt;
  if (rules.latency === null || state.latency !== null || bounds === null) return state;
  const lives = state.baseline.series.flatMap((series) => (series.buckets === null ? [] : [series.buckets]));
  const buckets = [...bounds, 0].map((_, i) => lives.reduce((sum, life) => sum + (life[i] ?? 0), 0));
  if ((buckets.at(-1) ?? 0) < fewestForLatency) return state;
  const learnt = { ...state.learnt, latency: learnLatency(rules.latency, { bounds, buckets }, []) };
  return {
    ...state,
    learnt,
    latency: startLatency(learnt.latency, bounds, onsetPlaced(tick, plannedTicks), t),
    health: rules.errors === null ? startHealth(rules, learnt) : state.health,
  };
};
