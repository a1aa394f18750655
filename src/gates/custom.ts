import type { HistorySample } from './history.ts';
import type { Totals } from './mixture.ts';
import { sampleOf } from './reading.ts';
import type { Sample } from './reading.ts';
import { addRecent } from './recent.ts';
import type { RecentSlot } from './recent.ts';
import type { CustomSettings, GateSettings } from './settings.ts';
import { beginStream, stepStream } from './stream.ts';
import type { Moment, StreamRules, StreamState } from './stream.ts';

/** What is known of one custom metric. `opened`: its counts when the watch began. */
export type CustomState = StreamState & {
  readonly opened: Totals;
  /** Of a share with a limit: its recent past. */
  readonly recent: readonly RecentSlot[];
};

const rulesOf = (
  { budget, warmUpSeconds }: GateSettings,
  { errors, latency, proven }: CustomSettings,
): StreamRules => ({ budget, warmUpSeconds, errors, latency, proven });

/** State of all custom metrics before the first sample. */
export const beginCustom = (
  settings: GateSettings,
  history: readonly HistorySample[],
): readonly CustomState[] =>
  settings.custom.map((metric) => ({
    ...beginStream(rulesOf(settings, metric), historyOf(history, metric.name)),
    opened: [0, 0, 0, 0],
    recent: [],
  }));

/** The baseline's past as one metric sees it. */
export const historyOf = (history: readonly HistorySample[], name: string): readonly HistorySample[] =>
  history.map(({ t, baseline }) => ({ t, baseline: baseline?.custom?.[name] ?? null }));

/** Books one sample on every custom metric; `patience`: how long each waits for a silent baseline. */
export const stepCustom = (
  settings: GateSettings,
  states: readonly CustomState[],
  sample: Sample,
  moment: Omit<Moment, 'patience'>,
  patience: (state: CustomState) => number,
): readonly CustomState[] =>
  settings.custom.flatMap((metric, i) => {
    const before = states[i];
    if (before === undefined) return [];
    const { state, counts } = stepStream(rulesOf(settings, metric), before, sampleOf(sample, metric.name), {
      ...moment,
      patience: patience(before),
    });
    if (counts === null || (metric.errors?.max ?? null) === null) return [state];
    return [{ ...state, recent: addRecent(state.recent, moment.t - moment.begun, counts, 0) }];
  });
