import type { Verdict } from '../../runbooks/verdict.ts';
import { findBreach } from '../../src/gates/finding.ts';
import { stepGate } from '../../src/gates/step.ts';
import type { HistorySample } from '../../src/gates/history.ts';
import { rolloutGate } from '../../src/gates/rollout-gate.ts';
import { uniformFrom } from '../../src/gates/random.ts';
import type { Uniform } from '../../src/gates/random.ts';
import type { ArmReading, Reading, Sample } from '../../src/gates/reading.ts';
import type { GateSettings } from '../../src/gates/settings.ts';
import { bounds, trafficOf } from './world.ts';
import type { Tick, World } from './world.ts';

/** What goes wrong between the service and the gate. */
export type Faults = {
  /** Chance that a reading fails, each arm by itself. */
  readonly lost: number;
  /** Chance per tick that an arm's process restarts and counts from 0 again. */
  readonly resets: number;
  /** The first reading comes this late. */
  readonly lateSeconds: number;
  /** Every so many readings one is shown twice; 0: never. */
  readonly repeatEvery: number;
};

export const noFaults: Faults = { lost: 0, resets: 0, lateSeconds: 0, repeatEvery: 0 };

export type Scene = {
  readonly settings: GateSettings;
  readonly world: World;
  readonly faults: Faults;
  /** What is true of each custom metric; its events are the requests of its own world. */
  readonly custom?: Readonly<Record<string, World>>;
  /** Which watch of the rollout is judged, the first being 0; those before it are played, one right after the other. */
  readonly watch?: number;
};

/** When each watch begins, and when the last one ends, up to the one that is judged. */
const timesOf = ({
  settings,
  watch = 0,
}: Scene): { readonly starts: readonly number[]; readonly end: number } => {
  const starts: number[] = [];
  let end = 0;
  for (const { seconds } of settings.watches.slice(0, watch + 1)) {
    starts.push(end);
    end += seconds;
  }
  return { starts, end };
};

type Counter = { requests: number; errors: number; buckets: readonly number[] };
const zero = (): Counter => ({ requests: 0, errors: 0, buckets: [] });

const add = (counter: Counter, tick: Tick): void => {
  counter.requests += tick.requests;
  counter.errors += tick.errors;
  counter.buckets =
    counter.buckets.length === 0
      ? tick.buckets
      : counter.buckets.map((count, i) => count + (tick.buckets[i] ?? 0));
};

const le = [...bounds, '+Inf' as const];

const read = (id: string, t: number, { requests, errors, buckets }: Counter): ArmReading => ({
  at: t,
  instances: [{ id, requests, errors, ...(buckets.length === 0 ? {} : { latency: { le, count: buckets } }) }],
});

/** A world's counters as they grow. `from` to `to`: its traffic. */
const countersOf = (truth: World, uniform: Uniform, from: number, to: number) => {
  const traffic = trafficOf(truth, uniform, from, to);
  const counters = { canary: zero(), baseline: zero() };
  const grow = (since: number, t: number, resets: number): void => {
    const tick = traffic(since, t);
    for (const arm of ['canary', 'baseline'] as const) {
      if (resets > 0 && uniform() < resets) counters[arm] = zero();
      add(counters[arm], tick[arm]);
    }
  };
  return { counters, grow };
};

/** Readings of the baseline before the rollout. */
const pastOf = (settings: GateSettings, truth: World, uniform: Uniform): readonly HistorySample[] => {
  const { everySeconds, historySeconds } = settings;
  const { counters, grow } = countersOf(truth, uniform, -historySeconds, 0);
  const readings: HistorySample[] = [];
  for (let t = -historySeconds; t < 0; t += everySeconds) {
    grow(t - everySeconds, t, 0);
    readings.push({ t, baseline: read('b', t, counters.baseline) });
  }
  return readings;
};

/** The same with the past of the custom metrics. */
export const historyOf = (
  { settings, world, custom = {} }: Pick<Scene, 'settings' | 'world' | 'custom'>,
  uniform: Uniform,
): readonly HistorySample[] => {
  const readings = pastOf(settings, world, uniform);
  const names = Object.entries(custom).map(
    ([name, truth]) => [name, pastOf(settings, truth, uniform)] as const,
  );
  if (names.length === 0) return readings;
  return readings.map(({ t, baseline }, i) => {
    const own = Object.fromEntries(names.map(([name, past]) => [name, past[i]?.baseline ?? null]));
    return { t, baseline: baseline === null ? null : { ...baseline, custom: own } };
  });
};

/** The samples of one simulated rollout, up to the end of the watch that is judged. */
export function* samplesOf(scene: Scene, uniform: Uniform): Generator<Sample> {
  const { settings, world, faults } = scene;
  const every = settings.everySeconds;
  const { end } = timesOf(scene);
  const requests = countersOf(world, uniform, 0, end);
  const custom = Object.entries(scene.custom ?? {}).map(
    ([name, truth]) => [name, countersOf(truth, uniform, 0, end)] as const,
  );
  const shown = (arm: 'canary' | 'baseline', t: number): Reading => {
    if (uniform() < faults.lost) return null;
    const reading = read(arm === 'canary' ? 'c' : 'b', t, requests.counters[arm]);
    if (custom.length === 0) return reading;
    const own = custom.map(([name, { counters }]) => [name, read('x', t, counters[arm])] as const);
    return { ...reading, custom: Object.fromEntries(own) };
  };
  for (let i = 0; i * every <= end + 1e-9; i += 1) {
    const t = i * every;
    if (t > 0) {
      requests.grow(t - every, t, faults.resets);
      for (const [, own] of custom) own.grow(t - every, t, 0);
    }
    if (t < faults.lateSeconds) continue;
    const sample: Sample = {
      t,
      canary: shown('canary', t),
      baseline: shown('baseline', t),
    };
    yield sample;
    if (faults.repeatEvery > 0 && i % faults.repeatEvery === 0) yield { ...sample, t: t + every / 3 };
  }
}

/** One simulated watch from its history to its verdict; the same for the same seed. */
export const runWatch = (scene: Scene, seed: number): Pick<Verdict, 'kind' | 'reason' | 't'> => {
  const { settings } = scene;
  const uniform = uniformFrom(seed);
  const { starts, end } = timesOf(scene);
  let state = rolloutGate.begin(settings, historyOf(scene, uniform));
  let opened = 0;
  for (const sample of samplesOf(scene, uniform)) {
    const start = starts[opened];
    if (start !== undefined && sample.t >= start) {
      state = rolloutGate.openWatch(state, start);
      opened += 1;
    }
    // What `observe` does, without the record and its words.
    const stepped = stepGate(settings, state, sample);
    if (stepped === null) continue;
    ({ state } = stepped);
    const breach = findBreach(settings, state, stepped.evidence);
    if (breach !== null) return { kind: breach.kind, reason: breach.reason, t: sample.t };
  }
  const { kind, reason } = rolloutGate.close(settings, state, end);
  return { kind, reason, t: end };
};

/** What became of many watches. */
export type Outcome = {
  readonly watches: number;
  readonly breaches: number;
  readonly passes: number;
  /** Seconds until the breach; infinite where there was none. */
  readonly times: readonly number[];
  /** How often each reason was given. */
  readonly reasons: ReadonlyMap<string, number>;
};

/** Runs `watches` watches, seeded from `seed` on. */
export const runWatches = (scene: Scene, watches: number, seed: number): Outcome => {
  const times: number[] = [];
  const reasons = new Map<string, number>();
  let passes = 0;
  for (let i = 0; i < watches; i += 1) {
    // Neighbouring seeds of the generator are unrelated only after mixing.
    const verdict = runWatch(scene, Math.imul(seed + i, 2_654_435_761) ^ seed);
    times.push(verdict.kind === 'breach' ? verdict.t : Number.POSITIVE_INFINITY);
    reasons.set(verdict.reason, (reasons.get(verdict.reason) ?? 0) + 1);
    if (verdict.kind === 'pass') passes += 1;
  }
  return { watches, passes, times, reasons, breaches: times.filter((t) => Number.isFinite(t)).length };
};
