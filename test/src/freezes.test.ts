import { describe, expect, test } from '@jest/globals';
import { activeFreeze, cronProblem } from '../../src/freezes.ts';

const hour = 3_600_000;
const friday = { cron: '0 16 * * FRI', for: 64 * hour, zone: 'Europe/Berlin', reason: 'weekend' };
const at = (time: string, ...windows: readonly (typeof friday)[]) =>
  activeFreeze({ windows: [...windows] }, Date.parse(time));

describe('a freeze', () => {
  test.each([
    // Winter: 16:00 in Berlin is 15:00 UTC.
    ['2026-01-16T14:59:59.999Z', null],
    ['2026-01-16T15:00:00.000Z', '2026-01-19T07:00:00.000Z'],
    ['2026-01-18T12:00:00.000Z', '2026-01-19T07:00:00.000Z'],
    ['2026-01-19T06:59:59.999Z', '2026-01-19T07:00:00.000Z'],
    ['2026-01-19T07:00:00.000Z', null],
    // Summer: 14:00 UTC.
    ['2026-07-17T13:59:59.999Z', null],
    ['2026-07-17T14:00:00.000Z', '2026-07-20T06:00:00.000Z'],
    // Summer time begins on Sunday, 29 March: 64 hours are 64 hours.
    ['2026-03-27T15:00:00.000Z', '2026-03-30T07:00:00.000Z'],
    ['2026-03-30T06:59:00.000Z', '2026-03-30T07:00:00.000Z'],
    // It ends on Sunday, 25 October.
    ['2026-10-23T14:00:00.000Z', '2026-10-26T06:00:00.000Z'],
    ['2026-10-26T06:00:00.000Z', null],
  ])('at %s ends at %s', (time, until) => {
    expect(at(time, friday)).toEqual(until === null ? null : { reason: 'weekend', until });
  });

  test('of an hour that summer time leaves out is on at all the same', () => {
    const night = { cron: '30 2 * * *', for: 2 * hour, zone: 'Europe/Berlin', reason: 'batch' };
    // 2:30 does not come on 29 March 2026; at 1:30 UTC the clock says 3:30.
    expect(at('2026-03-29T01:30:00.000Z', night)).not.toBeNull();
    expect(at('2026-03-29T05:00:00.000Z', night)).toBeNull();
  });

  test('that lasts longest is the one that is told', () => {
    const sale = { cron: '0 0 17 * *', for: 96 * hour, zone: 'UTC', reason: 'sale' };
    expect(at('2026-07-18T12:00:00.000Z', friday, sale)).toEqual({
      reason: 'sale',
      until: '2026-07-21T00:00:00.000Z',
    });
  });

  test('longer than the time between its beginnings is always on', () => {
    const always = { cron: '0 * * * *', for: 2 * hour, zone: 'UTC', reason: 'closed' };
    // Also right before the next beginning: every quarter of a second around it, and some minutes between.
    const begin = Date.UTC(2026, 0, 1, 1);
    const around = Array.from({ length: 13 }, (_, i) => begin - 1500 + 250 * i);
    const between = Array.from({ length: 26 }, (_, i) => begin + 7 * 60_000 * i);
    for (const ms of [...around, ...between]) {
      const time = new Date(ms).toISOString();
      expect(at(time, always)?.reason).toBe('closed');
    }
  });

  test('is none without windows', () => {
    expect(activeFreeze(undefined, 0)).toBeNull();
  });
});

test('a cron line that can not be kept is told', () => {
  expect(cronProblem('0 16 * * FRI')).toBeNull();
  expect(cronProblem('0 25 * * *')).not.toBeNull();
  expect(cronProblem('0 0 31 2 *')).not.toBeNull();
});
