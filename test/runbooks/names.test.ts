import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { closest } from '../../runbooks/closest.ts';
import { freeText, isMutableTag, name, version } from '../../runbooks/names.ts';

const hostile = [
  '',
  ' ',
  '.',
  '..',
  '../x',
  'a/b',
  'a\\b',
  'a b',
  'a\nb',
  'a\u0000',
  'é',
  '$(x)',
  '`x`',
  '{}',
  'a\u202eb',
];

describe('names', () => {
  test.each(['a', 'shop', 'team-checkout', '9', 'x'.repeat(63)])('%j is one', (text) => {
    expect(name.safeParse(text).success).toBe(true);
  });

  test.each([...hostile, 'Shop', '-a', 'a-', 'a_b', 'x'.repeat(64), '__proto__'])('%j is none', (text) => {
    expect(name.safeParse(text).error?.issues[0]?.message).toContain('must be 1 to 63 lower-case letters');
  });
});

describe('versions', () => {
  test.each(['2.1.0', 'v2', '2.1.0-rc.1+build', '20260101', 'x'.repeat(128)])('%j is one', (text) => {
    expect(version.safeParse(text).success).toBe(true);
  });

  test.each([...hostile, '-1', '+1', 'x'.repeat(129), 'a:b', 'a@sha256'])('%j is none', (text) => {
    expect(version.safeParse(text).success).toBe(false);
  });

  test('can stand in a path and in a URL as they are', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (!version.safeParse(text).success) return;
        expect(text).not.toMatch(/[/\\\s%?#]|^\./);
      }),
    );
  });

  test.each(['latest', 'Latest', 'main', 'nightly'])('%s moves', (text) => {
    expect(isMutableTag(text)).toBe(true);
  });

  test.each(['2.1.0', 'latest-2', 'maintenance'])('%s does not', (text) => {
    expect(isMutableTag(text)).toBe(false);
  });
});

describe('free text', () => {
  test('may have lines and any script, and no control characters', () => {
    expect(freeText.safeParse('Zeile 1\n\tZeile 2 – ok ✓').success).toBe(true);
    for (const text of ['\u0007', '\u001b[2J', 'a\u0000', '\u009b', 'x'.repeat(2001)]) {
      expect(freeText.safeParse(text).success).toBe(false);
    }
  });
});

describe('the closest known name', () => {
  const known = ['errors', 'every', 'source', 'onInconclusive', 'holdBack', 'up'];

  test.each([
    ['erors', 'errors'],
    ['erorrs', 'errors'],
    ['ERRORS', 'errors'],
    ['holdback', 'holdBack'],
    ['onInconclusiv', 'onInconclusive'],
    ['sour', 'source'],
    ['everything', 'every'],
    ['latencies', null],
    ['latency', null],
    ['xy', null],
    ['', null],
  ])('of %j is %j', (found, meant) => {
    expect(closest(found, known)).toBe(meant);
  });

  test('is found in bounded time, whatever is asked', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 5000 }),
        fc.array(fc.string(), { maxLength: 20 }),
        (found, names) => {
          const near = closest(found, names);
          expect(near === null || names.includes(near)).toBe(true);
        },
      ),
    );
  });
});
