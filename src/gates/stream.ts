import { bookReading, noCounters } from './counters.ts';
import type { ArmCounters, Booked } from './counters.ts';
import { startErrors, stepErrors } from './errors.ts';
import type { ErrorsState } from './errors.ts';
import type { ProofState } from './health.ts';
import { learn } from './history.ts';
import type { HistorySample, Learnt } from './history.ts';
import { followBounds, learnInFlight } from './in-flight.ts';
import { startLatency, stepLatency } from './latency.ts';
import type { LatencyState } from './latency.ts';
import { addTotals } from './mixture.ts';
import type { Totals } from './mixture.ts';
import { onsetPlaced } from './onset.ts';
import { countsOf, noPairing, pair } from './pairing.ts';
import type { PairedSample, Pairing } from './pairing.ts';
import type { Counts } from './projection.ts';
import { startHealth, stepHealth } from './proofs.ts';
import type { Sample } from './reading.ts';
import type { GateSettings } from './settings.ts';

/** What is judged of one stream of events: those of the requests, or those of a custom metric. */
export type StreamRules = Pick<GateSettings, 'errors' | 'latency' | 'budget' | 'warmUpSeconds'> & {
  /** A pass must exclude its harm. */
  readonly proven: boolean;
};

/** Evidence that the canary is not harmful: over the rollout, and over the last third of the watch. */
export type HealthState = { readonly good: readonly ProofState[]; readonly late: readonly ProofState[] };

/** What is known of one stream of events. */
export type StreamState = {
  readonly learnt: Learnt;
  readonly canary: ArmCounters;
  readonly baseline: ArmCounters;
  readonly pairing: Pairing;
  /** Counts of all samples closed so far. */
  readonly totals: Totals;
  readonly errors: ErrorsState | null;
  readonly latency: LatencyState | null;
  readonly health: HealthState;
};

/** Where in the rollout a sample stands. */
export type Moment = {
  readonly t: number;
  /** When the first watch began. */
  readonly begun: number;
  /** Numbers of the due samples before this one and of this one, of so many planned. */
  readonly tickBefore: number;
  readonly tick: number;
  readonly plannedTicks: number;
  /** Seconds for which a silent baseline is waited for. */
  readonly patience: number;
  /** In the last third of the watch. */
  readonly late: boolean;
};

/** State before the first sample. */
export const beginStream = (rules: StreamRules, history: readonly HistorySample[]): StreamState => {
  const learnt = learn(rules, history);
  const { latency, bounds } = learnt;
  return {
    learnt,
    ...{ canary: noCounters, baseline: noCounters, pairing: noPairing, totals: [0, 0, 0, 0] },
    errors: rules.errors === null ? null : startErrors(learnt, 0),
    latency: latency === null || bounds === null ? null : startLatency(latency, bounds, 0, 0),
    health: startHealth(rules, learnt),
  };
};

export type SteppedStream<State extends StreamState> = {
  readonly state: State;
  /** What each arm told. */
  readonly canary: Booked;
  readonly baseline: Booked;
  /** The stretch that both arms have covered now; `null`: none was closed. */
  readonly closed: PairedSample | null;
  readonly counts: Counts | null;
};

/** Books one sample on a stream. */
export const stepStream = <State extends StreamState>(
  rules: StreamRules,
  before: State,
  sample: Sample,
  moment: Moment,
): SteppedStream<State> => {
  const { t, begun, tick, plannedTicks } = moment;
  const state = followBounds(rules, before, sample);
  const { bounds } = state.learnt;
  const booking = { since: begun, warmUpSeconds: rules.warmUpSeconds, bounds };
  const canary = bookReading(state.canary, sample.canary, t, { ...booking, coldArm: true });
  const baseline = bookReading(state.baseline, sample.baseline, t, { ...booking, coldArm: false });
  const { pairing, sample: closed } = pair(state.pairing, canary, baseline, t, moment.patience);
  const counts = closed === null ? null : countsOf(closed);
  const placed = onsetPlaced(tick, plannedTicks);
  const onset = {
    ...{ placed: placed - onsetPlaced(moment.tickBefore, plannedTicks), left: 1 - placed },
    from: closed?.from ?? state.pairing.closedAt ?? t,
  };
  const test =
    closed === null || counts === null ? null : { counts, seconds: closed.seconds, alone: closed.alone };
  const { budget } = rules;
  const next: State = {
    ...state,
    ...{ canary: canary.counters, baseline: baseline.counters, pairing },
    totals: counts === null ? state.totals : addTotals(state.totals, counts),
    errors:
      state.errors === null || rules.errors === null
        ? null
        : stepErrors({ errors: rules.errors, budget, learnt: state.learnt }, state.errors, onset, test),
    latency:
      state.latency === null || state.learnt.latency === null
        ? null
        : stepLatency(state.learnt.latency, budget, state.latency, onset, closed),
    health: stepHealth(rules, state, closed, moment.late),
  };
  return { state: learnInFlight(rules, next, moment), canary, baseline, closed, counts };
};
