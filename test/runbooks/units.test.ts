import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { duration, parseDuration, percentage, sayDuration, sayPercent } from '../../runbooks/units.ts';

describe('durations', () => {
  test.each([
    ['0s', 0],
    ['500ms', 500],
    ['1.5s', 1500],
    ['0.001s', 1],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    [' 30s ', 30_000],
  ])('%j is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    '',
    '15',
    's',
    '-1s',
    '1h30m',
    '1 h',
    '1S',
    '1e3s',
    '٣s',
    '1.0001s',
    '9999999999s',
    'Infinitys',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  test.each([
    [0, '0 s'],
    [1, '1 ms'],
    [50, '50 ms'],
    [1500, '1.5 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min'],
    [60_000, '1 min'],
    [90_000, '1 min 30 s'],
    [119_999, '2 min'],
    [3_599_999, '1 h'],
    [5_400_000, '1 h 30 min'],
    [86_400_000, '24 h'],
    [604_800_000, '7 d'],
  ])('%d ms are said as %s', (ms, text) => {
    expect(sayDuration(ms)).toBe(text);
  });

  test('are never said with a part that is full, nor far from what they are', () => {
    const sizes = new Map(Object.entries({ ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000_000 }), (ms) => {
        const said = sayDuration(ms);
        expect(said).not.toMatch(/\b60 (s|min)|\b1000 ms/);
        const words = said.split(' ');
        let sum = 0;
        for (let i = 0; i < words.length; i += 2)
          sum += Number(words[i]) * (sizes.get(words[i + 1] ?? '') ?? NaN);
        expect(Math.abs(sum - ms)).toBeLessThanOrEqual(Math.max(50, ms * 0.009));
      }),
    );
  });

  test('outside their limits are refused with the limits', () => {
    const schema = duration(1000, 7 * 86_400_000);
    expect(schema.safeParse('1s')).toMatchObject({ success: true, data: 1000 });
    for (const found of ['999ms', '8d', 'soon', '', 15, null]) {
      const [issue] = schema.safeParse(found).error?.issues ?? [];
      expect(issue?.message).toContain('must be a duration from 1 s to 7 d, such as');
    }
  });
});

describe('percentages', () => {
  test.each([
    ['1%', 0.01],
    ['0.3%', 0.003],
    ['41.6%', 0.416],
    ['100 %', 1],
  ])('%j is the fraction %d, exactly', (text, fraction) => {
    expect(percentage(0, 1).parse(text)).toBe(fraction);
  });

  test.each(['1', '101%', '-1%', '1%%', '', '%', '0.0000001%', '1,5%', 0.01, null])(
    '%j is refused',
    (found) => {
      const [issue] = percentage(0.000001, 1).safeParse(found).error?.issues ?? [];
      expect(issue?.message).toBe('must be a percentage from 0.0001% to 100%, such as 1% or 0.3%');
    },
  );

  test.each([
    [0, '0 %'],
    [0.0031, '0.31 %'],
    [0.031, '3.1 %'],
    [0.5, '50 %'],
    [1, '100 %'],
  ])('%d is said as %s', (fraction, text) => {
    expect(sayPercent(fraction)).toBe(text);
  });
});
