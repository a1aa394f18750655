import type { Verdict } from '../../runbooks/verdict.ts';
import type { HistorySample } from './history.ts';
import type { Sample } from './reading.ts';

/**
 * A gate is a pure function of the samples it is shown: the same samples give the same records, live, replayed or
 * resumed after a restart. `State` is plain JSON: it travels in heartbeat details and from watch to watch.
 * Times are seconds on the watch's clock.
 */
export type Gate<State, Settings, Record> = {
  /** State before the first sample of a rollout. `history`: the baseline before it, in order of time. */
  begin(settings: Settings, history?: readonly HistorySample[]): State;
  /**
   * A new watch begins at second `t` (evidence carries over from earlier watches of the rollout). `seconds`: its
   * planned length, where it differs from the settings'.
   */
  openWatch(state: State, t: number, seconds?: number): State;
  /** Books one sample. A sample already booked changes nothing. */
  observe(
    settings: Settings,
    state: State,
    sample: Sample,
  ): { readonly state: State; readonly record: Record };
  /** What the evidence says now: a breach may come at any sample. `null`: go on watching. */
  breach(settings: Settings, state: State): Verdict | null;
  /** The judgement at the watch's end, `t` seconds on the clock. */
  close(settings: Settings, state: State, t: number): Verdict;
};
