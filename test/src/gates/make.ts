import type { ArmReading, InstanceReading, Reading, Sample } from '../../../src/gates/reading.ts';
import type { GateRecord } from '../../../src/gates/record.ts';
import { rolloutGate } from '../../../src/gates/rollout-gate.ts';
import { gateSettings } from '../../../src/gates/settings.ts';
import type { GateOptions, GateSettings } from '../../../src/gates/settings.ts';
import type { GateState } from '../../../src/gates/state.ts';
import type { HistorySample } from '../../../src/gates/history.ts';
import type { Counts } from '../../../src/gates/projection.ts';

export const release = { service: 'checkout', version: '2.1.0', stable: '2.0.4' } as const;

/** Settings of one watch of 15 min at 10 %, unless said otherwise. */
export const settingsWith = (options: Omit<GateOptions, 'release'> = {}): GateSettings =>
  gateSettings({ release, steps: [0.1], ...options });

/** `kc` of `nc` canary requests and `kb` of `nb` baseline requests. */
export const counts = (kc: number, nc: number, kb: number, nb: number): Counts => ({
  ...{ canaryEvents: kc, canary: nc, baselineEvents: kb, baseline: nb },
});

/** One arm of one instance. */
export const armOf = (id: string, at: number, requests: number, errors: number): ArmReading => ({
  at,
  instances: [{ id, requests, errors }],
});

/** An arm without times of its samples, as the simplest sources read it. */
export const timeless = (...instances: readonly InstanceReading[]): ArmReading => ({ instances });

/** Half an hour of a baseline that fails at 0.3 %, evenly: 250 requests per 5 s, 3 errors every 20 s. */
export const evenHistory = (perReading = 250): readonly HistorySample[] =>
  Array.from({ length: 360 }, (_, i) => ({
    t: (i - 360) * 5,
    baseline: armOf('b', (i - 360) * 5, i * perReading, Math.floor((i * perReading * 3) / 1000)),
  }));

/** What each arm did between two readings: errors and requests. */
export type Did = {
  readonly canary: readonly [number, number];
  readonly baseline: readonly [number, number];
};

/** Samples every 5 s whose counters grow by what `did` says of each step; the first is the starting point. */
export const samplesFrom = (steps: readonly Did[], every = 5): readonly Sample[] => {
  const sums = { canary: [0, 0] as [number, number], baseline: [0, 0] as [number, number] };
  const sampleAt = (t: number): Sample => ({
    t,
    canary: armOf('c', t, sums.canary[1], sums.canary[0]),
    baseline: armOf('b', t, sums.baseline[1], sums.baseline[0]),
  });
  const samples = [sampleAt(0)];
  steps.forEach((step, i) => {
    for (const arm of ['canary', 'baseline'] as const) {
      sums[arm] = [sums[arm][0] + step[arm][0], sums[arm][1] + step[arm][1]];
    }
    samples.push(sampleAt((i + 1) * every));
  });
  return samples;
};

export const times = <T>(n: number, of: (i: number) => T): readonly T[] =>
  Array.from({ length: n }, (_, i) => of(i));

/** Arm of a sample replaced by what `change` makes of it. */
export const changeArm = (
  samples: readonly Sample[],
  arm: 'canary' | 'baseline',
  change: (reading: Reading, t: number) => Reading,
): readonly Sample[] => samples.map((sample) => ({ ...sample, [arm]: change(sample[arm], sample.t) }));

export type Shown = { readonly state: GateState; readonly records: readonly GateRecord[] };

/** Shows samples to a gate whose watch opened at second 0; stops at a breach. */
export const show = (
  settings: GateSettings,
  samples: readonly Sample[],
  history: readonly HistorySample[] = evenHistory(),
): Shown => {
  let state = rolloutGate.openWatch(rolloutGate.begin(settings, history), 0);
  const records: GateRecord[] = [];
  for (const sample of samples) {
    const seen = rolloutGate.observe(settings, state, sample);
    state = seen.state;
    records.push(seen.record);
    if (rolloutGate.breach(settings, state) !== null) break;
  }
  return { state, records };
};

/** The verdict on samples at the end of the watch, or the breach before it. */
export const judge = (
  settings: GateSettings,
  samples: readonly Sample[],
  history: readonly HistorySample[] = evenHistory(),
) => {
  const { state } = show(settings, samples, history);
  return (
    rolloutGate.breach(settings, state) ??
    rolloutGate.close(settings, state, settings.watches[0]?.seconds ?? 0)
  );
};

/** The last item; throws where there is none. */
export const lastOf = <T>(items: readonly T[]): T => {
  const last = items.at(-1);
  if (last === undefined) throw new Error('an empty list has no last item');
  return last;
};
