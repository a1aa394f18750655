import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { HistorySample } from '../../../src/gates/history.ts';
import type { ArmReading, InstanceReading, Reading, Sample } from '../../../src/gates/reading.ts';
import type { GateRecord } from '../../../src/gates/record.ts';
import { rolloutGate } from '../../../src/gates/rollout-gate.ts';
import { settingsWith } from './make.ts';

const settings = settingsWith({
  ...{ watchSeconds: 150, everySeconds: 5, saturation: [{ name: 'memory', perRequest: false }] },
  latency: { limits: [{ quantile: 0.95, seconds: 0.3 }] },
});

type Did = {
  readonly requests: number;
  readonly errors: number;
  readonly slow: number;
  readonly restart: boolean;
};

const did = (most: number, restarts = true) =>
  fc
    .record({
      requests: fc.integer({ min: 0, max: most }),
      failing: fc.oneof(
        { weight: 5, arbitrary: fc.constant(0.01) },
        { weight: 1, arbitrary: fc.constant(0.4) },
      ),
      restart: fc.integer({ min: 0, max: 19 }),
    })
    .map(({ requests, failing, restart }): Did => ({
      requests,
      errors: Math.floor(requests * failing),
      slow: Math.floor(requests / 5),
      restart: restarts && restart === 0,
    }));

type Story = {
  readonly canary: readonly (readonly [Did, Did])[];
  readonly baseline: readonly (readonly [Did, Did, Did])[];
  readonly silent: readonly number[];
};

/** What two canary and three baseline instances did in thirty steps, and in which steps a reading failed. */
const storiesWith = (restarts: boolean): fc.Arbitrary<Story> => {
  const [small, large] = [did(20, restarts), did(80, restarts)];
  return fc.record({
    canary: fc.array(fc.tuple(small, small), { minLength: 30, maxLength: 30 }),
    baseline: fc.array(fc.tuple(large, large, large), { minLength: 30, maxLength: 30 }),
    silent: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 }),
  });
};
const stories = storiesWith(true);

const zero: InstanceReading = {
  id: '',
  requests: 0,
  errors: 0,
  latency: { le: [0.1, 0.3, '+Inf'], count: [0, 0, 0] },
};

const grown = (before: InstanceReading, { requests, errors, slow, restart }: Did): InstanceReading => {
  const from = restart ? zero : before;
  const count = from.latency?.count ?? [0, 0, 0];
  const quick = requests - slow;
  return {
    ...{ id: before.id, requests: from.requests + requests, errors: from.errors + errors },
    latency: {
      le: [0.1, 0.3, '+Inf'],
      count: [(count[0] ?? 0) + Math.floor(quick / 2), (count[1] ?? 0) + quick, (count[2] ?? 0) + requests],
    },
    gauges: { memory: 0.5 },
  };
};

/** The readings of one arm, the first at second 0. */
const readingsOf = (prefix: string, steps: readonly (readonly Did[])[]): readonly ArmReading[] => {
  let instances = (steps[0] ?? []).map((_, i): InstanceReading => ({
    ...zero,
    id: `${prefix}${String(i)}`,
    gauges: { memory: 0.5 },
  }));
  const readings: ArmReading[] = [{ at: 0, instances }];
  steps.forEach((step, i) => {
    instances = instances.map((instance, k) => {
      const own = step[k];
      return own === undefined ? instance : grown(instance, own);
    });
    readings.push({ at: 5 * (i + 1), instances });
  });
  return readings;
};

const samplesOf = ({ canary, baseline, silent }: Story): readonly Sample[] => {
  const [canaries, baselines] = [readingsOf('c', canary), readingsOf('b', baseline)];
  return canaries.map((reading, i) => ({
    ...{ t: 5 * i, canary: silent.includes(i) ? null : reading },
    baseline: silent.includes(i + 30) ? null : (baselines[i] ?? null),
  }));
};

const history: readonly HistorySample[] = Array.from({ length: 60 }, (_, i) => ({
  t: 5 * (i - 60),
  baseline: {
    at: 5 * (i - 60),
    instances: [
      {
        ...{ id: 'b0', requests: 500 * i, errors: 3 * i },
        latency: { le: [0.1, 0.3, '+Inf'], count: [200 * i, 400 * i, 500 * i] },
      },
    ],
  },
}));

/** The records of samples until a breach ends the rollout. */
const run = (samples: readonly Sample[], zeroAt = 0, past = history): readonly GateRecord[] => {
  let state = rolloutGate.openWatch(rolloutGate.begin(settings, past), zeroAt);
  const records: GateRecord[] = [];
  for (const sample of samples) {
    const seen = rolloutGate.observe(settings, state, sample);
    state = seen.state;
    records.push(seen.record);
    if (seen.record.verdict === 'breach') break;
  }
  return records;
};

const changed = (
  samples: readonly Sample[],
  change: (reading: ArmReading) => ArmReading,
): readonly Sample[] => {
  const own = (reading: Reading): Reading => (reading === null ? null : change(reading));
  return samples.map(({ t, canary, baseline }) => ({ t, canary: own(canary), baseline: own(baseline) }));
};

/** Values that a round trip through JSON would change. */
const strangeNumbers = (value: unknown, path = ''): readonly string[] => {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [path];
  if (value === undefined) return [path];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, member]) => strangeNumbers(member, `${path}.${key}`));
};

const say = (records: readonly GateRecord[]): string => JSON.stringify(records);

describe('the same records', () => {
  test('in whatever order instances are read', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const samples = samplesOf(story);
        const turned = changed(samples, (reading) => ({
          ...reading,
          instances: [...reading.instances].reverse(),
        }));
        expect(say(run(turned))).toBe(say(run(samples)));
      }),
      { numRuns: 20 },
    );
  });

  // Without restarts: half a counter may go on rising where the whole one fell.
  test('if one instance is two', () => {
    fc.assert(
      fc.property(storiesWith(false), (story) => {
        const samples = samplesOf(story);
        const half = (
          { id, requests, errors, latency, gauges }: InstanceReading,
          part: 0 | 1,
        ): InstanceReading => {
          const of = (n: number): number => (part === 0 ? Math.floor(n / 2) : Math.ceil(n / 2));
          return {
            ...{ id: `${id}/${String(part)}`, requests: of(requests), errors: of(errors) },
            ...(latency === undefined ? {} : { latency: { le: latency.le, count: latency.count.map(of) } }),
            ...(gauges === undefined ? {} : { gauges }),
          };
        };
        const split = changed(samples, (reading) => ({
          ...reading,
          instances: reading.instances.flatMap((instance) => [half(instance, 0), half(instance, 1)]),
        }));
        expect(say(run(split))).toBe(say(run(samples)));
      }),
      { numRuns: 20 },
    );
  });

  test('after a restart of the gate at any sample', () => {
    fc.assert(
      fc.property(stories, fc.integer({ min: 0, max: 30 }), (story, at) => {
        const samples = samplesOf(story);
        let state = rolloutGate.openWatch(rolloutGate.begin(settings, history), 0);
        const whole = run(samples);
        const records = samples.slice(0, whole.length).map((sample, i) => {
          if (i === at) state = JSON.parse(JSON.stringify(state)) as typeof state;
          const seen = rolloutGate.observe(settings, state, sample);
          state = seen.state;
          return seen.record;
        });
        expect(say(records)).toBe(say(whole));
        expect(strangeNumbers(state)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test('at another time of day', () => {
    fc.assert(
      fc.property(stories, fc.integer({ min: -100_000, max: 100_000 }), (story, shift) => {
        const samples = samplesOf(story);
        const move = (reading: Reading): Reading =>
          reading === null ? null : { ...reading, at: (reading.at ?? 0) + shift };
        const moved = samples.map(({ t, canary, baseline }) => ({
          ...{ t: t + shift, canary: move(canary), baseline: move(baseline) },
        }));
        const past = history.map(({ t, baseline }) => ({ t: t + shift, baseline: move(baseline) }));
        const records = run(moved, shift, past).map((record) => ({ ...record, t: record.t - shift }));
        expect(say(records)).toBe(say(run(samples)));
      }),
      { numRuns: 20 },
    );
  });

  test('if samples are shown twice, or come again later', () => {
    fc.assert(
      fc.property(stories, fc.integer({ min: 0, max: 30 }), (story, again) => {
        const samples = samplesOf(story);
        const repeated = samples.flatMap((sample) => {
          const old = samples[again];
          return [sample, sample, ...(old !== undefined && old.t <= sample.t ? [old] : [])];
        });
        const records = run(repeated);
        const before = run(samples);
        const last = [...new Map(records.map((record) => [record.t, record])).values()];
        expect(last).toEqual(before);
      }),
      { numRuns: 20 },
    );
  });

  test('if a sample is missing as if its readings had failed', () => {
    fc.assert(
      fc.property(stories, fc.array(fc.integer({ min: 1, max: 29 }), { maxLength: 8 }), (story, lost) => {
        const samples = samplesOf(story);
        const failed = run(
          samples.map((s, i) => (lost.includes(i) ? { t: s.t, canary: null, baseline: null } : s)),
        );
        const missing = run(samples.filter((_, i) => !lost.includes(i)));
        const evidence = (records: readonly GateRecord[]) => records.at(-1)?.evidence ?? Number.NaN;
        const verdict = (records: readonly GateRecord[]) => records.find((r) => r.verdict === 'breach')?.t;
        expect(verdict(missing)).toBe(verdict(failed));
        expect(Math.log(evidence(missing))).toBeCloseTo(Math.log(evidence(failed)), 9);
      }),
      { numRuns: 20 },
    );
  });
});

test('hostile readings never break the gate, and its state stays plain JSON', () => {
  const odd = fc.oneof(
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1e308, Number.MAX_SAFE_INTEGER),
    fc.double(),
    fc.nat(1000),
  );
  const instance = fc.record(
    {
      id: fc.oneof(fc.constantFrom('__proto__', 'constructor', '', 'a', 'b'), fc.string()),
      requests: odd,
      errors: odd,
      started: odd,
      restarts: odd,
      oomKills: odd,
      gauges: fc.dictionary(fc.constantFrom('memory', 'cpu'), odd),
      latency: fc.record({
        le: fc.array(fc.oneof(odd, fc.constant('+Inf' as const)), { maxLength: 4 }),
        count: fc.array(odd, { maxLength: 5 }),
      }),
    },
    { requiredKeys: ['id', 'requests', 'errors'] },
  );
  const reading = fc.option(
    fc.record({ at: odd, instances: fc.array(instance, { maxLength: 4 }) }, { requiredKeys: ['instances'] }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(reading, reading), { maxLength: 30 }), (readings) => {
      let state = rolloutGate.openWatch(rolloutGate.begin(settings, []), 0);
      readings.forEach(([canary, baseline], i) => {
        ({ state } = rolloutGate.observe(settings, state, { t: 5 * i, canary, baseline }));
      });
      expect(strangeNumbers(state)).toEqual([]);
      expect(rolloutGate.close(settings, state, 150).sentence).not.toMatch(/NaN|undefined|Infinity/);
    }),
    { numRuns: 120 },
  );
});
