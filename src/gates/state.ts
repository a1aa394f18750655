import type { Verdict } from '../../runbooks/verdict.ts';
import { beginCustom } from './custom.ts';
import type { CustomState } from './custom.ts';
import { startGauge } from './gauges.ts';
import type { GaugeState } from './gauges.ts';
import { startProof } from './health.ts';
import type { HistorySample } from './history.ts';
import type { RecentSlot } from './recent.ts';
import { plannedTicks, ticksIn } from './settings.ts';
import type { GateSettings } from './settings.ts';
import { beginStream } from './stream.ts';
import type { HealthState, StreamState } from './stream.ts';
import { lateFrom, openWindow } from './watch-window.ts';
import type { WatchWindow } from './watch-window.ts';

/** Everything the gate knows, as plain JSON: some kilobytes, most of them the counters of the instances. */
export type GateState = StreamState & {
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
  /** When the canary last had news. */
  readonly canarySeenAt: number | null;
  readonly recent: readonly RecentSlot[];
  readonly gauges: readonly GaugeState[];
  /** Those of the settings, in their order; absent where there are none. */
  readonly custom?: readonly CustomState[];
  readonly window: WatchWindow | null;
  /** What the first breach said; later samples don't take it back. */
  readonly breached: Verdict | null;
};

/** A call out of order: a bug of the caller, with what to call first. */
export class GateOrderError extends Error {
  readonly code = 'GATE_ORDER';
  override readonly name = 'GateOrderError';
}

/** State before the first sample. */
export const beginGate = (settings: GateSettings, history: readonly HistorySample[] = []): GateState => ({
  format: 'sluice-gate/1',
  everySeconds: settings.everySeconds,
  planned: settings.watches.map((watch) => watch.seconds),
  opened: 0,
  plannedTicks: plannedTicks(settings),
  ...{ begun: null, t: null, tick: 0, canarySeenAt: null, recent: [] },
  ...beginStream({ ...settings, proven: true }, history),
  gauges: settings.saturation.map(() => startGauge),
  ...(settings.custom.length === 0 ? {} : { custom: beginCustom(settings, history) }),
  window: null,
  breached: null,
});

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
    ...(state.custom === undefined
      ? {}
      : {
          custom: state.custom.map((own) => ({
            ...own,
            opened: own.totals,
            health: restartLate(own.health),
          })),
        }),
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
  if (!begins) return { ...state, window };
  const custom = state.custom?.map((own) => ({ ...own, health: restartLate(own.health) }));
  return {
    ...{ ...state, window, health: restartLate(state.health) },
    ...(custom === undefined ? {} : { custom }),
  };
};
