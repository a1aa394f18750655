import { expect, test } from '@jest/globals';
import { Starts } from '../../../activities/metrics/starts.ts';

const at = 1_700_000_000_000;
const reading = { id: 'a', requests: 10, errors: 0 };

test('a process that starts anew is a restart; the first one that is seen, an older replica and jitter are none', () => {
  const starts = new Starts();
  const restarts = (agoMs: number | null, version = '2.1.0') =>
    starts.told(version, { reading, startedMs: agoMs === null ? null : at - agoMs }, at).restarts;
  expect(restarts(null)).toBeUndefined();
  expect(restarts(60_000)).toBe(0);
  expect(restarts(59_000)).toBe(0);
  expect(restarts(30_000)).toBe(1);
  expect(restarts(60_000)).toBe(1);
  // Not told for once: what was counted stands.
  expect(restarts(null)).toBe(1);
  expect(restarts(10_000)).toBe(2);
  expect(restarts(10_000, '2.0.4')).toBe(0);
});

test('the start is told by the clock of the reading', () => {
  expect(new Starts().told('2.1.0', { reading, startedMs: at - 1500 }, at)).toEqual({
    ...reading,
    started: -1.5,
    restarts: 0,
  });
});
