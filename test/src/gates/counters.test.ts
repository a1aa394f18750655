import { describe, expect, test } from '@jest/globals';
import { bookReading, noCounters } from '../../../src/gates/counters.ts';
import type { Booked } from '../../../src/gates/counters.ts';
import type { ArmReading, Reading } from '../../../src/gates/reading.ts';
import type { BookingRules } from '../../../src/gates/series.ts';

const rules: BookingRules = { since: 0, warmUpSeconds: 30, coldArm: true, bounds: [0.1, 0.3] };

/** Books readings one after the other, `t` seconds apart from 0 on. */
const book = (readings: readonly Reading[], own: BookingRules = rules, every = 5): readonly Booked[] => {
  const booked: Booked[] = [];
  readings.forEach((reading, i) => {
    booked.push(bookReading(booked.at(-1)?.counters ?? noCounters, reading, i * every, own));
  });
  return booked;
};

const one = (
  requests: number,
  errors: number,
  more: Partial<ArmReading['instances'][number]> = {},
): ArmReading => ({
  instances: [{ id: 'a', requests, errors, ...more }],
});
const got = (booked: readonly Booked[]) =>
  booked.map(({ news, increment }) => [news, increment.requests, increment.errors]);

describe('a counter', () => {
  test('starts where it is first seen: smoke tests do not count', () => {
    expect(got(book([one(900, 50), one(910, 51)]))).toEqual([
      ['first', 0, 0],
      ['fresh', 10, 1],
    ]);
  });

  test('of an instance that started during the watch counts from 0', () => {
    expect(
      got(
        book([
          one(100, 0),
          { instances: [...one(110, 0).instances, { id: 'new', requests: 7, errors: 7, started: 3 }] },
        ]),
      ),
    ).toEqual([
      ['first', 0, 0],
      ['fresh', 17, 7],
    ]);
  });

  test('of an instance that is new but older than the watch is a starting point', () => {
    expect(
      got(
        book([
          one(100, 0),
          { instances: [...one(110, 0).instances, { id: 'old', requests: 7, errors: 7, started: -3 }] },
        ]),
      ),
    ).toEqual([
      ['first', 0, 0],
      ['fresh', 10, 0],
    ]);
  });

  test('that fell belongs to a process that restarted: all of it counts', () => {
    expect(got(book([one(100, 10), one(4, 3), one(10, 3)]))).toEqual([
      ['first', 0, 0],
      ['fresh', 4, 3],
      ['fresh', 6, 0],
    ]);
  });

  test('that fell in its errors only restarted, too', () => {
    expect(got(book([one(100, 10), one(200, 2)]))[1]).toEqual(['fresh', 200, 2]);
  });

  test('of a process that started since counts from 0 though it is higher', () => {
    expect(got(book([one(100, 10, { started: -50 }), one(120, 15, { started: 2 })]))[1]).toEqual([
      'fresh',
      120,
      15,
    ]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])(
    'that reads %d says nothing, and its next value says all',
    (value) => {
      expect(got(book([one(100, 1), one(110, value), one(120, 3)]))).toEqual([
        ['first', 0, 0],
        ['silent', 0, 0],
        ['fresh', 20, 2],
      ]);
    },
  );

  test('of a missing instance comes with its next reading', () => {
    const both = (a: number, b: number): ArmReading => ({
      instances: [
        { id: 'a', requests: a, errors: 0 },
        { id: 'b', requests: b, errors: 0 },
      ],
    });
    expect(got(book([both(10, 10), one(20, 0), both(30, 50)])).map(([, requests]) => requests)).toEqual([
      0, 10, 50,
    ]);
  });

  test('named twice in one reading counts once', () => {
    const twice = (n: number): ArmReading => ({
      instances: [
        { id: 'a', requests: n, errors: 0 },
        { id: 'a', requests: n + 5, errors: 0 },
      ],
    });
    expect(got(book([twice(10), twice(20)]))[1]).toEqual(['fresh', 10, 0]);
  });

  test('with a hostile name is a counter like any other', () => {
    const named = (n: number): ArmReading => ({ instances: [{ id: '__proto__', requests: n, errors: 0 }] });
    expect(got(book([named(10), named(20)]))[1]).toEqual(['fresh', 10, 0]);
  });
});

describe('a reading', () => {
  test('that failed, or shows no instance, tells nothing', () => {
    expect(got(book([one(10, 0), null, { instances: [] }, one(40, 1)]))).toEqual([
      ['first', 0, 0],
      ['silent', 0, 0],
      ['silent', 0, 0],
      ['fresh', 30, 1],
    ]);
  });

  test('older than the last one is dropped, never taken for a restart', () => {
    const at = (time: number, requests: number): ArmReading => ({ ...one(requests, 0), at: time });
    expect(got(book([at(0, 100), at(9, 200), at(5, 150), at(12, 230)]))).toEqual([
      ['first', 0, 0],
      ['fresh', 100, 0],
      ['same', 0, 0],
      ['fresh', 30, 0],
    ]);
  });

  test('that shows the same counts is news only where the source tells its time', () => {
    expect(got(book([one(10, 0), one(10, 0)]))[1]?.[0]).toBe('same');
    expect(
      got(
        book([
          { ...one(10, 0), at: 0 },
          { ...one(10, 0), at: 5 },
        ]),
      )[1]?.[0],
    ).toBe('fresh');
  });

  test('lists an instance until it is gone for a quarter of an hour', () => {
    const series = (t: number): number =>
      book([one(10, 0), { instances: [{ id: 'b', requests: t, errors: 0 }] }], rules, t)[1]?.counters.series
        .length ?? 0;
    expect([series(100), series(1000)]).toEqual([2, 1]);
  });
});

describe('a histogram', () => {
  const slow = (
    requests: number,
    quick: number,
    more: Partial<ArmReading['instances'][number]> = {},
  ): ArmReading =>
    one(requests, 0, { latency: { le: [0.1, 0.3, '+Inf'], count: [quick, requests, requests] }, ...more });
  const buckets = (readings: readonly Reading[], own = rules) =>
    book(readings, own, 20).map(({ increment }) => increment.buckets);

  test('counts when the canary is warm: from the first reading after its first 30 s', () => {
    expect(buckets([slow(10, 5), slow(20, 10), slow(40, 30), slow(60, 45)])).toEqual([
      null,
      null,
      null,
      [15, 20, 20],
    ]);
  });

  test('of the baseline counts at once, that of an instance that joins it when warm', () => {
    const baseline = { ...rules, coldArm: false };
    expect(buckets([slow(10, 5), slow(20, 10)], baseline)[1]).toEqual([5, 10, 10]);
    const joined = (n: number): ArmReading => ({
      instances: [
        ...slow(n, n).instances,
        ...slow(n, 0, { id: 'new', started: 10 }).instances.map((x) => ({ ...x, id: 'new' })),
      ],
    });
    expect(buckets([slow(10, 10), joined(20), joined(30), joined(40)], baseline)).toEqual([
      null,
      [10, 10, 10],
      [10, 10, 10],
      [10, 20, 20],
    ]);
  });

  test('of a restarted process is that of a cold one', () => {
    const baseline = { ...rules, coldArm: false };
    expect(buckets([slow(100, 50), slow(10, 5), slow(20, 10), slow(40, 20), slow(50, 28)], baseline)).toEqual(
      [null, null, null, [10, 20, 20], [8, 10, 10]],
    );
  });

  test('with other bounds than those followed tells nothing', () => {
    const other = one(20, 0, { latency: { le: [0.2, '+Inf'], count: [5, 20] } });
    expect(buckets([slow(10, 5), other], { ...rules, coldArm: false })[1]).toBeNull();
  });

  test('with more bounds than those followed is read at those', () => {
    const more = (n: number): ArmReading =>
      one(n, 0, { latency: { le: [0.05, 0.1, 0.2, 0.3, '+Inf'], count: [1, n / 2, n, n, n] } });
    expect(buckets([more(10), more(20)], { ...rules, coldArm: false })[1]).toEqual([5, 10, 10]);
  });
});
