import type { Verdict } from '../../runbooks/verdict.ts';
import { noCounters } from './counters.ts';
import type { ArmCounters } from './counters.ts';
import { startErrors } from './errors.ts';
import type { ErrorsState } from './errors.ts';
import { startGauge } from './gauges.ts';
import type { GaugeState } from './gauges.ts';
import type { ProofState } from './health.ts';
import { startProof } from './health.ts';
import { learn } from './history.ts';
import type { HistorySample, Learnt } from './history.ts';
import { startLatency } from './latency.ts';
import type { LatencyState } from './latency.ts';
import type { Totals } from './mixture.ts';
import { noPairing } from './pairing.ts';
import type { Pairing } from './pairing.ts';
import type { RecentSlot } from './recent.ts';
import { plannedTicks, ticksIn } from './settings.ts';
import type { GateSettings } from './settings.ts';
import { lateFrom, openWindow } from './watch-window.ts';
import type { WatchWindow } from './watch-window.ts';

/** Evidence that the canary is not harmful: over the rollout, and over the last third of the watch. */
export type HealthState = { readonly good: readonly ProofState[]; readonly late: readonly ProofState[] };

/** Everything the gate knows, as plain JSON: some kilobytes, most of them the counters of the instances. */
export type GateState = {
  readonly format: 'sluice-gate/1';
  readonly everySeconds: number;
  /** Planned lengths of the watches, for those that are opened without one. */
  readonly planned: readonly number[];
  readonly opened: number;
  readonly plannedTicks: number;
  /** When the first watch began; `null`: not yet. */
  readonly begun: number | null;
  /** The last sample booked, and the number of the due sample it stands for. */
  readonly t: number | null;
  readonly tick: number;
  readonly learnt: Learnt;
  readonly canary: ArmCounters;
  readonly baseline: ArmCounters;
  readonly pairing: Pairing;
  /** When the canary last had news. */
  readonly canarySeenAt: number | null;
  /** Counts of all samples closed so far. */
  readonly totals: Totals;
  readonly recent: readonly RecentSlot[];
  readonly errors: ErrorsState | null;
  readonly latency: LatencyState | null;
  readonly gauges: readonly GaugeState[];
  readonly health: HealthState;
  readonly window: WatchWindow | null;
  /** What the first breach said; later samples don't take it back. */
  readonly breached: Verdict | null;
};

/** A call out of order: a bug of the caller, with what to call first. */
export class GateOrderError extends Error {
  readonly code = 'GATE_ORDER';
  override readonly name = 'GateOrderError';
}

const proofsOf = (settings: GateSettings, learnt: Learnt): readonly ProofState[] =>
  settings.errors !== null ? [startProof] : (learnt.latency?.compared ?? []).map(() => startProof);

export const startHealth = (settings: GateSettings, learnt: Learnt): HealthState => {
  const proofs = proofsOf(settings, learnt);
  return { good: proofs, late: proofs };
};

/** State before the first sample. */
export const beginGate = (settings: GateSettings, history: readonly HistorySample[] = []): GateState => {
  const learnt = learn(settings, history);
  return {
    format: 'sluice-gate/1',
    everySeconds: settings.everySeconds,
    planned: settings.watches.map((watch) => watch.seconds),
    opened: 0,
    plannedTicks: plannedTicks(settings),
    ...{ begun: null, t: null, tick: 0 },
    learnt,
    canary: noCounters,
    baseline: noCounters,
    pairing: noPairing,
    canarySeenAt: null,
    totals: [0, 0, 0, 0],
    recent: [],
    errors: settings.errors === null ? null : startErrors(learnt, 0),
    latency:
      learnt.latency === null || learnt.bounds === null
        ? null
        : startLatency(learnt.latency, learnt.bounds, 0, 0),
    gauges: settings.saturation.map(() => startGauge),
    health: startHealth(settings, learnt),
    window: null,
    breached: null,
  };
};

const restartLate = ({ good, late }: HealthState): HealthState => ({
  good,
  late: late.map(() => startProof),
});

/** A new watch: its counts and the late proof start anew, the evidence goes on. */
export const openGateWatch = (state: GateState, t: number, seconds?: number): GateState => {
  const planned = seconds ?? state.planned[state.opened] ?? state.planned.at(-1) ?? state.everySeconds;
  const before = state.window;
  const ticksBefore = before === null ? 0 : before.ticksBefore + ticksIn(before.seconds, state.everySeconds);
  return {
    ...state,
    opened: state.opened + 1,
    begun: state.begun ?? t,
    health: restartLate(state.health),
    window: openWindow(t, planned, ticksBefore, state.totals),
  };
};

/**
 * The watch goes on for `seconds` more: the late proof moves to the last third of the longer watch.
 * @throws GateOrderError before the first watch.
 */
export const extendGateWatch = (state: GateState, seconds: number): GateState => {
  if (state.window === null) throw new GateOrderError('no watch to extend: call openWatch first');
  const window = { ...state.window, seconds: state.window.seconds + seconds };
  const begins = state.t === null || state.t < lateFrom(window);
  return { ...state, window, health: begins ? restartLate(state.health) : state.health };
};
