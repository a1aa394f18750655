import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Point } from '../../../../src/api/schemas/answers.ts';
import { thin } from '../../../../src/api/counting.ts';
import type { LiveWatch } from '../../../../src/story/model.ts';
import { evidenceLine, evidencePlot } from '../../../../src/cli/live/evidence.ts';
import { plotLines } from '../../../../src/cli/live/plot.ts';
import { ratesOf } from '../../../../src/story/rates.ts';
import { sparkline } from '../../../../src/cli/live/spark.ts';
import { paint } from '../../../../src/cli/live/paint.ts';

const cumulative = (
  rows: readonly (readonly [t: number, requests: number, errors: number] | null)[],
): Point[] =>
  rows.map((row, i) =>
    row === null
      ? { t: i, canary: null, baseline: null }
      : { t: row[0], canary: { requests: row[1], errors: row[2] }, baseline: null },
  );

describe('rates over a watch', () => {
  test('each cell has the errors of its own time', () => {
    const points = cumulative([
      [0, 0, 0],
      [10, 100, 1],
      [20, 200, 11],
      [30, 300, 11],
    ]);
    expect(ratesOf(points, 'canary', { seconds: 40, cells: 4 })).toEqual([0.01, 0.1, 0, null]);
    expect(ratesOf(points, 'baseline', { seconds: 40, cells: 4 })).toEqual([null, null, null, null]);
  });

  test('a reading that failed is bridged by the next one, and no requests are not zero errors', () => {
    const points = cumulative([[0, 0, 0], null, [2, 100, 10], [3, 100, 10]]);
    const [first = Number.NaN, second = Number.NaN, third] = ratesOf(points, 'canary', {
      seconds: 3,
      cells: 3,
    });
    expect(first).toBeCloseTo(0.1);
    expect(second).toBeCloseTo(0.1);
    expect(third).toBeNull();
  });

  test('nothing is lost and nothing is invented, whatever the cells', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 50 })), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 60 }), (increments, cells) => {
        let t = 0;
        let requests = 0;
        const points = cumulative([
          [0, 0, 0],
          ...increments.map(([seconds, count]) => {
            t += seconds;
            requests += count;
            return [t, requests, requests] as const;
          }),
        ]);
        // All requests fail: every cell of the watch says so.
        for (const rate of ratesOf(points, 'canary', { seconds: t, cells })) expect(rate).toBeCloseTo(1);
      }),
    );
  });
});

describe('sparkline', () => {
  const drawn = (rates: readonly (number | null)[]): string =>
    sparkline(rates, 0.01, 'new')
      .map(({ text }) => text)
      .join('');

  test('▄ is the limit: what is above it is higher, without colours', () => {
    expect(drawn([null, 0, 0.0025, 0.005, 0.0075, 0.01, 0.0101, 0.016, 0.025, 0.5])).toBe('·▁▁▂▃▄▅▆▇█');
  });

  test('rises with the rate', () => {
    const levels = '▁▂▃▄▅▆▇█';
    const rate = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(rate, rate, (one, other) => {
        const [low, high] = drawn([Math.min(one, other), Math.max(one, other)]);
        expect(levels.indexOf(low ?? '')).toBeLessThanOrEqual(levels.indexOf(high ?? ''));
        expect(levels.indexOf(drawn([one])) >= 4).toBe(one > 0.01);
      }),
    );
  });
});

test('a plot shows both arms, the limit, and the times', () => {
  const points: Point[] = Array.from({ length: 31 }, (_, t) => ({
    t,
    canary: { requests: 30 * t, errors: t < 10 ? 0 : Math.round((t - 10) * 1.5) },
    baseline: { requests: 270 * t, errors: t },
  }));
  const watch: LiveWatch = {
    watch: 0,
    step: 4,
    startsAt: '2025-03-04T14:00:00.000Z',
    endsAt: '2025-03-04T14:00:30.000Z',
    canary: '2.2.0',
    baseline: '2.0.4',
    percent: 10,
    points,
    verdict: null,
  };
  const drawn = paint(plotLines(watch, 0.01, 60), { color: false, unicode: true });
  expect(drawn.join('\n')).toMatchSnapshot();
  expect(plotLines({ ...watch, points: points.slice(0, 1) }, 0.01, 60)).toEqual([]);
});

test('thinning keeps the first and the last, and the order', () => {
  const all = Array.from({ length: 1000 }, (_, i) => i);
  const some = thin(all, 240);
  expect(some).toHaveLength(240);
  expect([some[0], some.at(-1)]).toEqual([0, 999]);
  expect([...some].sort((a, b) => a - b)).toEqual(some);
  expect(thin(all.slice(0, 10), 240)).toHaveLength(10);
});

describe('evidence', () => {
  const watch = (evidence: readonly number[]): LiveWatch => ({
    ...{ watch: 0, step: 4, canary: '2.2.0', baseline: '2.0.4', percent: 10, verdict: null },
    startsAt: '2026-01-01T00:00:00.000Z',
    endsAt: '2026-01-01T00:00:30.000Z',
    points: evidence.map((value, t) => ({
      ...{ t, canary: null, baseline: null },
      gate: { evidence: value, needed: 100, sentence: '' },
    })),
  });
  const bar = (evidence: number, width = 60): string =>
    paint([evidenceLine(watch([evidence]), width) ?? []], { color: false, unicode: true }).join();
  const full = (line: string): number => (line.split('█').length - 1) / (line.split(/[█░]/u).length - 1);

  test('fills a bar by its logarithm, and wholly only when it suffices', () => {
    expect(full(bar(0.2))).toBe(0);
    expect(full(bar(10))).toBeCloseTo(0.5, 1);
    expect(full(bar(38))).toBeCloseTo(0.79, 1);
    expect(bar(99.99)).toContain('░');
    expect(bar(100)).not.toContain('░');
    expect(bar(38, 20)).toBe('████████░░ 38 of 100');
    expect(evidenceLine(watch([]), 60)).toBeNull();
  });

  test('never stands on the line of what a rollback needs while it is below it', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 99.9, noNaN: true }), { minLength: 2 }), (evidence) => {
        const drawn = paint(evidencePlot(watch(evidence), 60), { color: false, unicode: true });
        const line = drawn.find((text) => text.trimStart().startsWith('100 │')) ?? '';
        expect(line).toContain('┈');
        expect(line).not.toContain('●');
      }),
      { numRuns: 50 },
    );
    const found = paint(evidencePlot(watch([1, 20, 400]), 60), { color: false, unicode: true }).join('\n');
    expect(found).toContain('●');
  });
});
