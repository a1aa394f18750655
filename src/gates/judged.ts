import type { Since } from './mixture.ts';
import type { RecentSlot } from './recent.ts';
import type { CustomSettings, GateSettings } from './settings.ts';
import { countsBetween, sinceOpened } from './since.ts';
import type { GateState } from './state.ts';
import type { StreamState } from './stream.ts';

/** One stream of events with what it is held to: the requests (`metric` null), or a custom metric. */
export type Judged = Omit<CustomSettings, 'name'> & {
  readonly metric: string | null;
  readonly state: StreamState;
  readonly recent: readonly RecentSlot[];
  /** Counts of the watch at hand. */
  readonly since: Since;
};

/** The requests. */
export const requestsOf = (settings: GateSettings, state: GateState): Judged => ({
  ...{ metric: null, errors: settings.errors, latency: settings.latency, proven: true },
  ...{ state, recent: state.recent },
  since: sinceOpened(state),
});

/** The custom metrics, in the order of the settings. */
export const customOf = (settings: GateSettings, state: GateState): readonly Judged[] =>
  settings.custom.flatMap(({ name, ...metric }, i) => {
    const own = state.custom?.[i];
    if (own === undefined) return [];
    const since = { from: state.window?.start ?? 0, counts: countsBetween(own.opened, own.totals) };
    return [{ metric: name, ...metric, state: own, recent: own.recent, since }];
  });

/** The requests, and after them the custom metrics. */
export const judgedOf = (settings: GateSettings, state: GateState): readonly Judged[] => [
  requestsOf(settings, state),
  ...customOf(settings, state),
];

/** That of a finding; a name that is not known stands for the requests. */
export const judgedBy = (settings: GateSettings, state: GateState, metric: string | null): Judged =>
  customOf(settings, state).find((judged) => judged.metric === metric) ?? requestsOf(settings, state);
