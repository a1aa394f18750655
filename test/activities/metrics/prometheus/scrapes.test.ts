import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Series } from '../../../../activities/metrics/prometheus/answer.ts';
import { newestIn, scrapeTimes, valueAt } from '../../../../activities/metrics/prometheus/scrapes.ts';
import { NewestScrapes } from '../../../../activities/metrics/prometheus/newest.ts';

const series = (...times: readonly number[]): Series => ({
  labels: {},
  points: times.map((time) => [time, time * 10]),
});

describe('scrapeTimes', () => {
  test('are whole where no series of the scrape before is missing', () => {
    expect(scrapeTimes([series(1, 2, 3), series(1, 2, 3), series(3)]).whole).toEqual([1, 2, 3]);
    // Half stored: the last scrape lacks a series.
    expect(scrapeTimes([series(1, 2, 3), series(1, 2)]).whole).toEqual([1, 2]);
    // Restarted after 2, with fewer series: known at 4, when 3 is no longer the newest.
    expect(scrapeTimes([series(1, 2, 3, 4), series(1, 2)]).whole).toEqual([1, 2, 4]);
    expect(scrapeTimes([series(7)])).toEqual({ all: [7], whole: [7] });
    expect(scrapeTimes([])).toEqual({ all: [], whole: [] });
  });

  test('are never whole where two targets are taken for one', () => {
    expect(scrapeTimes([series(1, 3, 5), series(2, 4, 6)])).toEqual({ all: [1, 2, 3, 4, 5, 6], whole: [] });
    // Not even where one of them was scraped twice in a row.
    expect(scrapeTimes([series(1, 2, 5), series(3, 4), series(1, 2, 5)]).whole).toEqual([]);
    expect(scrapeTimes([series(1, 4), series(2, 3)]).whole).toEqual([]);
  });

  test('follow a process that has none of the series of the one before', () => {
    expect(scrapeTimes([series(1, 2), series(3, 4), series(3, 4)]).whole).toEqual([1, 2, 4]);
    expect(scrapeTimes([series(1), series(2)]).whole).toEqual([]);
  });

  test('of any number of series are found without going round and round', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => series(i, i + 1));
    for (const chain of [many, many.toReversed()]) expect(scrapeTimes(chain).all).toHaveLength(20_001);
  });

  test('lack nothing that the scrape before had, whatever is missing', () => {
    const anyTimes = fc
      .uniqueArray(fc.nat({ max: 12 }), { maxLength: 12 })
      .map((times) => times.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.array(anyTimes, { maxLength: 6 }), (all) => {
        const found = all.map((times) => series(...times));
        const { all: every, whole } = scrapeTimes(found);
        expect(every).toEqual([...new Set(all.flat())].sort((a, b) => a - b));
        const at = (time: number) => found.filter(({ points }) => valueAt(points, time) !== null);
        for (const time of whole) {
          const before = every[every.indexOf(time) - 1];
          if (before !== undefined) expect(at(time)).toEqual(expect.arrayContaining(at(before)));
        }
      }),
    );
  });
});

test('valueAt finds exactly that time', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 50 })), fc.nat({ max: 50 }), (times, time) => {
      const { points } = series(...times.sort((a, b) => a - b));
      expect(valueAt(points, time)).toBe(times.includes(time) ? time * 10 : null);
    }),
  );
});

test('newestIn finds the newest between two times', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat({ max: 50 })),
      fc.nat({ max: 50 }),
      fc.nat({ max: 50 }),
      (times, since, until) => {
        const fitting = times.filter((time) => time > since && time <= until);
        const newest = fitting.length === 0 ? null : Math.max(...fitting);
        expect(
          newestIn(
            times.sort((a, b) => a - b),
            since,
            until,
          ),
        ).toBe(newest);
      },
    ),
  );
});

describe('NewestScrapes', () => {
  const found = (id: string, time: number, requests: number) => ({
    time,
    startedMs: null,
    reading: { id, requests, errors: 0 },
  });

  test('says again what it knew where an older replica answers, instance by instance', () => {
    const newest = new NewestScrapes(60_000);
    expect(newest.keep([found('a', 10_000, 100), found('b', 9_000, 90)])).toHaveLength(2);
    expect(newest.keep([found('a', 8_000, 80), found('b', 10_500, 105)])).toEqual([
      found('a', 10_000, 100),
      found('b', 10_500, 105),
    ]);
    // A restart is newer: its smaller counts are believed.
    expect(newest.keep([found('a', 11_000, 1)])).toEqual([found('a', 11_000, 1)]);
  });

  test('says nothing of an instance that was not found, and forgets it after a while', () => {
    const newest = new NewestScrapes(60_000);
    newest.keep([found('a', 0, 100)]);
    newest.keep([found('b', 50_000, 1)]);
    expect(newest.keep([found('a', -1, 5)])).toEqual([found('a', 0, 100)]);
    newest.keep([found('b', 70_000, 1)]);
    expect(newest.keep([found('a', -1, 5)])).toEqual([found('a', -1, 5)]);
  });
});
