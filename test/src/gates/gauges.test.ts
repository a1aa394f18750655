import { describe, expect, test } from '@jest/globals';
import { gaugeFinding, gaugeValue, startGauge, stepGauge } from '../../../src/gates/gauges.ts';
import type { GaugeState } from '../../../src/gates/gauges.ts';
import type { ArmReading } from '../../../src/gates/reading.ts';
import type { GaugeSettings } from '../../../src/gates/settings.ts';

const gauge = (name: string, more: Partial<GaugeSettings> = {}): GaugeSettings => ({
  ...{ name, max: null, margin: 0.2, perRequest: false },
  ...more,
});

type Values = {
  readonly canary: number | null;
  readonly baseline: number | null;
  readonly requests?: readonly [number, number];
};

const arm = (name: string, value: number | null): ArmReading => ({
  instances: [{ id: 'a', requests: 0, errors: 0 }],
  ...(value === null ? {} : { gauges: { [name]: value } }),
});

/** The gauge after readings every 5 s from second 0 until `until`. */
const watch = (own: GaugeSettings, until: number, values: (t: number) => Values): GaugeState => {
  let state = startGauge;
  for (let t = 0; t <= until; t += 5) {
    const { canary, baseline, requests = [0, 0] } = values(t);
    state = stepGauge(own, 30, state, {
      ...{ t, begun: 0, canary: arm(own.name, canary), baseline: arm(own.name, baseline) },
      ...{ canaryRequests: requests[0], baselineRequests: requests[1] },
    });
  }
  return state;
};

describe('agreement of blocks', () => {
  test('six half minutes above the tolerance are doubtful, five are not; fourteen are enough to roll back', () => {
    const above = (blocks: number) =>
      watch(gauge('queue'), 30 + 30 * blocks, () => ({ canary: 13, baseline: 10 }));
    expect(gaugeFinding(gauge('queue'), above(5), 200)).toBe('fine');
    expect(gaugeFinding(gauge('queue'), above(6), 210)).toBe('doubtful');
    expect(0.05 * Math.exp(gaugeValue(above(13)))).toBeLessThan(100);
    expect(0.05 * Math.exp(gaugeValue(above(14)))).toBeGreaterThan(100);
  });

  test('values within the tolerance speak against it', () => {
    expect(gaugeValue(watch(gauge('queue'), 300, () => ({ canary: 11.9, baseline: 10 })))).toBeLessThan(0);
  });

  test('a block is one word, however often it was read or how much is in it', () => {
    const spiky = watch(gauge('queue'), 60, (t) => ({ canary: t === 35 ? 1e9 : 1, baseline: 1 }));
    const plain = watch(gauge('queue'), 60, () => ({ canary: 2, baseline: 1 }));
    expect(gaugeValue(spiky)).toBe(gaugeValue(plain));
  });

  test('nothing is said where an arm was not read', () => {
    expect(gaugeValue(watch(gauge('queue'), 600, () => ({ canary: 13, baseline: null })))).toBeCloseTo(0, 12);
  });

  test('warm-up does not count; that of memory is longer', () => {
    const cold = (t: number): Values => ({ canary: t < 60 ? 99 : 1, baseline: 1 });
    expect(gaugeValue(watch(gauge('memory'), 300, cold))).toBeLessThan(
      gaugeValue(watch(gauge('queue'), 300, cold)),
    );
  });

  test('processor time is compared per request', () => {
    const busy = (t: number): Values => ({ canary: t < 0 ? 0 : 0.5, baseline: 0.1, requests: [500, 100] });
    expect(gaugeValue(watch(gauge('cpu', { perRequest: true }), 300, busy))).toBeLessThan(0);
    expect(gaugeValue(watch(gauge('cpu'), 300, busy))).toBeGreaterThan(0);
  });
});

describe('a limit that somebody wrote down', () => {
  const own = gauge('cpu', { max: 0.8 });
  const finding = (until: number, values: (t: number) => Values, of = own) =>
    gaugeFinding(of, watch(of, until, values), until);

  test('is broken by a minute above it without a break', () => {
    expect(finding(85, () => ({ canary: 0.9, baseline: 0.7 }))).toBe('fine');
    expect(finding(90, () => ({ canary: 0.9, baseline: 0.7 }))).toBe('over-limit');
    expect(finding(120, (t) => ({ canary: t === 70 ? 0.79 : 0.9, baseline: 0.7 }))).toBe('fine');
  });

  test('is not broken while the baseline is above it, too', () => {
    expect(finding(120, () => ({ canary: 0.9, baseline: 0.9 }))).toBe('both-over');
  });

  test('needs six readings, not only a minute', () => {
    expect(finding(100, (t) => ({ canary: t % 20 === 0 ? 0.9 : null, baseline: 0.5 }))).toBe('fine');
    expect(finding(160, (t) => ({ canary: t % 20 === 0 ? 0.9 : null, baseline: 0.5 }))).toBe('over-limit');
  });

  test('unwritten, of memory and throttling, is doubtful, not a breach', () => {
    expect(finding(130, () => ({ canary: 0.95, baseline: 0.9 }), gauge('memory'))).toBe('doubtful');
    expect(finding(130, () => ({ canary: 0.3, baseline: 0.29 }), gauge('throttling'))).toBe('both-over');
    expect(finding(130, () => ({ canary: 0.95, baseline: 0.9 }), gauge('disk'))).toBe('fine');
  });
});
