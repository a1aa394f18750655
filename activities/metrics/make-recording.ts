import type { HistorySample } from '../../src/gates/history.ts';
import type { Sample } from '../../src/gates/reading.ts';
import { blockOfPolicy } from '../../src/gates/policy-block.ts';
import type { RecordingInput } from '../../src/gates/recording.ts';
import type { WatchInput } from '../../workflows/contract.ts';

/**
 * A watch that counts: number, and where it stands on the rollout's clock, in seconds. `ended`: before its time, because
 * the metrics were silent, or because what it waited for had come.
 */
export type Window = {
  readonly watch: number;
  readonly t: number;
  readonly seconds: number;
  readonly ended?: { readonly t: number; readonly why: 'silence' | 'came' };
};

/** A recording before it is JSON; `recordingSchema` reads it back. */
type WrittenRecording = Omit<RecordingInput, 'history' | 'samples'> & {
  readonly history: readonly HistorySample[];
  readonly samples: readonly Sample[];
};

/** Number under which a rollout's history stands among its watches. */
export const historyWatch = -1;

const durationOf = (ms: number): string => (ms % 1000 === 0 ? `${String(ms / 1000)}s` : `${String(ms)}ms`);

/** A recording without samples: what the gate's settings are made of, live and in a replay. */
export const headerOf = (input: WatchInput): Omit<RecordingInput, 'history' | 'samples' | 'events'> => {
  const { gates, plan, place, canary, stable, zeroAt } = input;
  return {
    format: 'sluice-recording/1',
    service: place.service,
    version: canary,
    stable: stable ?? 'the old version',
    zeroMs: Date.parse(zeroAt),
    gates: blockOfPolicy(gates),
    watch: durationOf(plan.windowMs),
    steps: plan.percents.map((percent, i) => ({ t: (i * plan.windowMs) / 1000, share: percent / 100 })),
  };
};

/** All that the gate was shown until now: its history, and every watch whose evidence was carried on. */
export const recordingOf = (
  input: WatchInput,
  windows: readonly Window[],
  history: readonly Sample[],
  samples: readonly Sample[],
): WrittenRecording => ({
  ...headerOf(input),
  history: history.map(({ t, baseline }) => ({ t, baseline })),
  samples: samples.map(({ t, canary, baseline }) => ({ t, canary, baseline })),
  events: windows.flatMap(({ t, seconds, ended }) => [
    { t, type: 'watch-start' as const, seconds },
    ...(ended === undefined ? [] : [endOf(ended)]),
  ]),
});

const endOf = ({ t, why }: NonNullable<Window['ended']>) => ({
  t,
  type: 'watch-end' as const,
  ...(why === 'silence' ? { why } : {}),
});
