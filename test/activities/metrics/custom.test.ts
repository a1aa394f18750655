import { expect, test } from '@jest/globals';
import { withCustom } from '../../../activities/metrics/custom.ts';
import type { MetricsSource } from '../../../activities/metrics/source.ts';
import { unavailable } from '../../../activities/metrics/unavailable.ts';
import type { ArmReading } from '../../../src/gates/reading.ts';

// What several sources make together; each by itself is tested on real servers.

const arm = (requests: number): ArmReading => ({ at: 0, instances: [{ id: 'a', requests, errors: 0 }] });

const source = (parts: Partial<MetricsSource>): MetricsSource => ({
  read: async () => ({ at: 10_000, arm: arm(1) }),
  history: async () => [],
  check: async () => [],
  ...parts,
});

const away = unavailable({ message: 'It is away.', hint: 'Start it.' });
const silent = source({
  read: () => Promise.reject(away),
  history: () => Promise.reject(away),
  check: async () => [away.toProblem()],
});

test('a metric that can not be read takes neither readings nor the past from the requests', async () => {
  const main = source({ history: async () => [{ atMs: 5_000, arm: arm(7) }] });
  const both = withCustom(main, [
    { name: 'lost', source: silent },
    { name: 'late', source: source({ read: async () => ({ at: 8_500, arm: arm(3) }) }) },
  ]);
  expect(await both.read('2.1.0')).toEqual({
    at: 10_000,
    arm: { ...arm(1), custom: { lost: null, late: { ...arm(3), at: -1.5 } } },
  });
  expect(await both.history('2.0.4', 0, 9_000, 1_000)).toEqual([
    { atMs: 5_000, arm: { ...arm(7), custom: { lost: null, late: null } } },
  ]);
});

test('requests that can not be read are a failed reading, whatever else is', async () => {
  const both = withCustom(silent, [{ name: 'well', source: source({}) }]);
  await expect(both.read('2.1.0')).rejects.toBe(away);
  await expect(both.history('2.1.0', 0, 1, 1)).rejects.toBe(away);
});

test('a bug is no reading that failed', async () => {
  const bug = new TypeError('x is not a function');
  const broken = source({ read: () => Promise.reject(bug) });
  await expect(withCustom(source({}), [{ name: 'a', source: broken }]).read('2.1.0')).rejects.toBe(bug);
});

test('a past is told once, and as it stood when the requests were read', async () => {
  const main = source({
    history: async () => [1_000, 2_000, 3_000].map((atMs) => ({ atMs, arm: arm(atMs) })),
  });
  const own = source({
    history: async () => [500, 900, 2_500].map((atMs) => ({ atMs, arm: arm(atMs) })),
  });
  const past = await withCustom(main, [{ name: 'own', source: own }]).history('2.0.4', 0, 9_000, 1_000);
  expect(past.map((reading) => reading.arm.custom?.['own'] ?? null)).toEqual([
    { ...arm(900), at: -0.1 },
    null,
    { ...arm(2_500), at: -0.5 },
  ]);
});

test('where nobody answers, the requests alone say so', async () => {
  const nobody = withCustom(silent, [{ name: 'also', source: silent }]);
  expect(await nobody.check({ running: '2.0.4', other: [] })).toHaveLength(1);
  const one = withCustom(source({}), [{ name: 'also', source: silent }]);
  expect(await one.check({ running: '2.0.4', other: [] })).toHaveLength(1);
});
