import { boundsIn, fewestForLatency, learnLatency } from './history.ts';
import { startLatency } from './latency.ts';
import { onsetPlaced } from './onset.ts';
import type { Sample } from './reading.ts';
import type { GateSettings } from './settings.ts';
import { startHealth } from './state.ts';
import type { GateState } from './state.ts';

/** Bucket bounds that are followed: the history's, or those of the baseline's first histogram. */
export const followBounds = (settings: GateSettings, state: GateState, sample: Sample): GateState =>
  settings.latency === null || state.learnt.bounds !== null
    ? state
    : { ...state, learnt: { ...state.learnt, bounds: boundsIn(sample.baseline) } };

/**
 * Without a history the bounds to test are chosen from what the baseline's processes counted in their lives; this
 * happens after the sample was booked, so that no sample chooses its own test.
 */
export const learnInFlight = (settings: GateSettings, state: GateState, from: number): GateState => {
  const { bounds } = state.learnt;
  if (settings.latency === null || state.latency !== null || bounds === null) return state;
  const lives = state.baseline.series.flatMap((series) => (series.buckets === null ? [] : [series.buckets]));
  const buckets = [...bounds, 0].map((_, i) => lives.reduce((sum, life) => sum + (life[i] ?? 0), 0));
  if ((buckets.at(-1) ?? 0) < fewestForLatency) return state;
  const learnt = { ...state.learnt, latency: learnLatency(settings.latency, { bounds, buckets }, []) };
  return {
    ...state,
    learnt,
    latency: startLatency(learnt.latency, bounds, onsetPlaced(state.tick, state.plannedTicks), from),
    health: settings.errors === null ? startHealth(settings, learnt) : state.health,
  };
};
