import { describe, expect, test } from '@jest/globals';
import { benchGate } from '../../../tools/bench-gate.ts';
import { cases } from '../../../tools/simulate/cases.ts';
import { holds } from '../../../tools/simulate/judge.ts';
import { runWatches } from '../../../tools/simulate/watch.ts';

/** Few watches of a few cases, to notice a gate that is badly wrong; `npm run simulate` has the rest. */
const watches = 60;
const chosen: readonly (readonly [name: string, requestsPerSecond: number])[] = [
  ['independent errors', 5],
  ['shared outages, 20-60 s at 5-15 %, every 5 min', 50],
  ['errors in groups of 10', 50],
  ['counter resets, 20 % of the readings lost', 50],
  ['both versions at 5 %', 50],
  ['a canary better than the baseline', 50],
  ['0.3 to 3 %', 50],
  ['0.3 to 3 %', 500],
  ['0.3 to 3 % from minute 5', 50],
  ['everything fails', 5],
  ['30 % fail', 50],
  ['worse by 1 point', 50],
  ["the demo's watch at 10 %, healthy", 400],
  ["the demo's watch at 80 %, healthy", 400],
  ["the demo's watch at 80 %, 0.3 to 3 %", 400],
];

describe(`${String(watches)} watches of`, () => {
  test.each(chosen)('%s at %i req/s', (name, requestsPerSecond) => {
    const what = cases.find((one) => one.name === name && one.requestsPerSecond === requestsPerSecond);
    if (what === undefined) throw new Error(`no case "${name}" at ${String(requestsPerSecond)} req/s`);
    const outcome = runWatches(what.scene, watches, 77);
    expect(outcome.breaches + outcome.passes).toBeLessThanOrEqual(watches);
    expect(holds(what, outcome)).toBe(true);
  });
});

test('a gate of 20 instances and 12 buckets keeps its state below 16 KiB', () => {
  const { stateBytes, buckets } = benchGate(20);
  expect(buckets).toBe(12);
  expect(stateBytes).toBeGreaterThan(4 * 1024);
  expect(stateBytes).toBeLessThan(16 * 1024);
});
