import { describe, expect, test } from '@jest/globals';
import { learn } from '../../../src/gates/history.ts';
import type { HistorySample } from '../../../src/gates/history.ts';
import { overdispersion } from '../../../src/gates/overdispersion.ts';
import type { Tick } from '../../../src/gates/overdispersion.ts';
import { binomial, uniformFrom } from '../../../src/gates/random.ts';
import { armOf, evenHistory, settingsWith, times } from './make.ts';

describe('overdispersion', () => {
  const ticks = (requests: number, rate: number, group: number, seed: number): readonly Tick[] => {
    const uniform = uniformFrom(seed);
    return times(360, () => ({ requests, events: group * binomial(uniform, requests, rate / group) }));
  };
  const median = (requests: number, rate: number, group: number): number => {
    const all = times(41, (seed) => overdispersion(ticks(requests, rate, group, seed + 1)));
    return [...all].sort((a, b) => a - b)[20] ?? 0;
  };

  test('is near 1 for independent events, however rare or common', () => {
    for (const [requests, rate] of [
      [22, 0.003],
      [225, 0.003],
      [2250, 0.003],
      [2250, 0.3],
    ] as const) {
      expect(median(requests, rate, 1)).toBeGreaterThanOrEqual(1);
      expect(median(requests, rate, 1)).toBeLessThan(1.35);
    }
  });

  test('is about m for groups of m, and never takes groups for single events', () => {
    expect(median(2250, 0.003, 3)).toBeGreaterThan(2.5);
    expect(median(2250, 0.003, 3)).toBeLessThan(4.5);
    expect(median(2250, 0.003, 10)).toBeGreaterThan(8);
    expect(median(2250, 0.003, 10)).toBeLessThan(15);
  });

  test('does not see drift or long outages, which both arms share', () => {
    const uniform = uniformFrom(5);
    const drifting = times(360, (i) => {
      const rate = 0.002 + (i / 360) * 0.01 + (i > 100 && i < 108 ? 0.1 : 0);
      return { requests: 500, events: binomial(uniform, 500, rate) };
    });
    expect(overdispersion(drifting)).toBeLessThan(1.5);
  });

  test('is assumed where the past is short or unknown', () => {
    expect(overdispersion([])).toBe(2);
    expect(overdispersion(times(20, (i) => ({ requests: 100, events: i === 3 ? 1 : 0 })))).toBe(1.25);
  });

  test('has bounds', () => {
    expect(overdispersion(times(100, (i) => ({ requests: 10_000, events: i % 2 === 0 ? 900 : 0 })))).toBe(20);
    expect(overdispersion(times(100, () => ({ requests: 1000, events: 3 })))).toBe(1);
  });

  test('is the same for the same past', () => {
    expect(overdispersion(ticks(225, 0.01, 1, 9))).toBe(overdispersion(ticks(225, 0.01, 1, 9)));
  });
});

describe('what the past tells', () => {
  const settings = settingsWith({ latency: {} });

  test('the usual rate and how much it rests on', () => {
    const learnt = learn(settings, evenHistory());
    expect(learnt.rate).toBeCloseTo(0.003, 4);
    expect(learnt.requests).toBe(50_000);
    expect(learn(settings, evenHistory(50)).requests).toBe(17_950);
    expect(learnt.interval).toBe(5);
  });

  test('nothing without a past', () => {
    expect(learn(settings, [])).toMatchObject({
      rate: null,
      requests: 0,
      phi: 2,
      before: null,
      latency: null,
    });
    expect(learn(settings, [{ t: -5, baseline: null }])).toMatchObject({ rate: null, phi: 2 });
  });

  test('the highest usual rate: of blocks with a few errors, or 1.25 times the mean', () => {
    const even = learn(settings, evenHistory());
    expect(even.before).toBeCloseTo(1.25 * 0.003, 4);
    const waves: HistorySample[] = [];
    let [requests, errors] = [0, 0];
    for (let i = 0; i < 360; i += 1) {
      requests += 250;
      errors += Math.floor(i / 12) % 5 === 0 ? 5 : 0;
      waves.push({ t: (i - 360) * 5, baseline: armOf('b', (i - 360) * 5, requests, errors) });
    }
    const learnt = learn(settings, waves);
    expect(learnt.rate).toBeCloseTo(0.004, 3);
    expect(learnt.before).toBeGreaterThan(0.015);
  });

  test('restarts and missing readings of the past do not disturb it', () => {
    const holes = evenHistory().map((sample, i) => (i % 7 === 0 ? { ...sample, baseline: null } : sample));
    expect(learn(settings, holes).rate).toBeCloseTo(0.003, 4);
  });

  const le = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, '+Inf'] as const;
  const quick = [0.25, 0.6, 0.8, 0.9, 0.95, 0.97, 1];
  const slowHistory: readonly HistorySample[] = times(100, (i) => ({
    t: (i - 100) * 5,
    baseline: {
      at: (i - 100) * 5,
      instances: [
        {
          id: 'b',
          requests: i * 1000,
          errors: 0,
          latency: { le, count: quick.map((share) => share * i * 1000) },
        },
      ],
    },
  }));

  test('bounds nearest half, a quarter, a tenth and a twentieth, and that of the limit', () => {
    const { bounds, latency } = learn(settings, slowHistory);
    const seconds = latency?.compared.map(({ index }) => bounds?.[index]);
    expect(seconds).toEqual([0.1, 0.15, 0.2, 0.25, 0.3]);
    expect(
      latency?.limited.map(({ limit, bound }) => [limit.share.toFixed(2), bounds?.[bound.index]]),
    ).toEqual([['0.05', 0.3]]);
    expect(latency?.compared[0]?.share).toBeCloseTo(0.4, 10);
    expect(latency?.compared[0]?.ratio).toBeCloseTo(1.090281, 6);
    expect(latency?.compared[3]?.ratio).toBeCloseTo(1.344551, 6);
  });

  test('too few requests say nothing about the shape of latencies', () => {
    expect(learn(settings, slowHistory.slice(0, 1)).latency).toBeNull();
  });
});
