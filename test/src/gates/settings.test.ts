import { describe, expect, test } from '@jest/globals';
import { gatesBlockSchema, settingsOfBlock } from '../../../src/gates/gates-block.ts';
import { rolloutGate } from '../../../src/gates/rollout-gate.ts';
import { gateSettings, GateSettingsError, plannedTicks } from '../../../src/gates/settings.ts';
import { limitWarnings } from '../../../src/gates/slow-shares.ts';
import { weightsOf } from '../../../src/gates/total.ts';
import { release, samplesFrom, settingsWith, show, times } from './make.ts';

describe('settings', () => {
  test('have the defaults', () => {
    expect(gateSettings({ release })).toMatchObject({
      ...{
        everySeconds: 5,
        budget: 0.01,
        warmUpSeconds: 30,
        historySeconds: 1800,
        holdBack: 0.1,
        latency: null,
      },
      watches: [
        { seconds: 900, share: 0.1 },
        { seconds: 900, share: 0.5 },
        { seconds: 900, share: 0.9 },
      ],
      errors: { max: 0.01, margin: 0.002, ratio: 1.1, harm: 0.01 },
      onInconclusive: { extendSeconds: 900, then: 'ask' },
    });
    expect(plannedTicks(gateSettings({ release }))).toBe(540);
    expect(settingsWith({ latency: {} }).latency).toMatchObject({
      margin: 0.1,
      limits: [{ seconds: 0.3, quantile: 0.95 }],
    });
    expect(settingsWith({ saturation: [{ name: 'cpu' }, { name: 'queue' }] }).saturation).toEqual([
      { name: 'cpu', max: null, margin: 0.2, perRequest: true },
      { name: 'queue', max: null, margin: 0.2, perRequest: false },
    ]);
  });

  test('follow the objective unless given', () => {
    const { errors } = settingsWith({ errors: { slo: 0.999 } });
    expect([errors?.margin, errors?.harm, errors?.max].map((x) => x?.toFixed(6))).toEqual([
      '0.001000',
      '0.005000',
      '0.010000',
    ]);
    expect(settingsWith({ errors: { slo: 0.999, harm: 0.02 } }).errors?.harm).toBe(0.02);
  });

  test.each([
    [{ errors: null, saturation: [{ name: 'cpu' }] }, /gauges alone/],
    [{ errors: { slo: 99.9 } }, /between 0 and 1/],
    [{ budget: 0 }, /budget/],
    [{ steps: [] }, /steps is empty/],
    [{ watchSeconds: 1 }, /watchSeconds/],
    [{ holdBack: 0.9 }, /holdBack/],
  ])('that contradict themselves are refused: %j', (options, why) => {
    expect(() => settingsWith(options)).toThrow(GateSettingsError);
    expect(() => settingsWith(options)).toThrow(why);
  });

  test('spread the weights of tests that are not configured over the others', () => {
    const weights = weightsOf(settingsWith({ errors: { max: null } }));
    expect([...weights]).toEqual([
      ['errors_vs_baseline', 0.45 / 0.55],
      ['on_fire', 0.1 / 0.55],
    ]);
    const all = weightsOf(settingsWith({ latency: {}, saturation: [{ name: 'cpu' }] }));
    expect([...all.values()].reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(all.get('latency_vs_limit')).toBeCloseTo(0.05, 12);
  });

  test('come from the block of a service file', () => {
    const block = gatesBlockSchema.parse({
      ...{
        every: '10s',
        source: { prometheus: { url: 'http://prometheus' } },
        budget: '5%',
        holdBack: '20%',
      },
      errors: { total: 'x', bad: 'y', margin: '0.5%' },
      latency: { histogram: 'z', p95: '250ms', p99: '1s', margin: '20%' },
      saturation: [{ name: 'cpu', query: 'q', max: 0.8 }],
      onInconclusive: { extend: '30m', then: 'promote' },
    });
    expect(settingsOfBlock(block, { release, watchSeconds: 600, steps: [0.1, 1] })).toMatchObject({
      ...{ everySeconds: 10, budget: 0.05, holdBack: 0.2 },
      errors: { max: 0.01, margin: 0.005, harm: 0.01 },
      latency: {
        limits: [
          { quantile: 0.95, seconds: 0.25 },
          { quantile: 0.99, seconds: 1 },
        ],
        margin: 0.2,
      },
      saturation: [{ name: 'cpu', max: 0.8 }],
      onInconclusive: { extendSeconds: 1800, then: 'promote' },
      watches: [{ seconds: 600 }, { seconds: 600 }],
    });
  });
});

test('a limit without a bucket near it is told', () => {
  const limits = settingsWith({ latency: {} }).latency?.limits ?? [];
  expect(limitWarnings([0.1, 0.3, 1], limits)).toEqual([]);
  expect(limitWarnings([0.1, 0.35], limits)).toEqual([]);
  expect(limitWarnings([0.1, 0.5], limits)).toEqual([
    'latency.p95: no bucket bound within 20 % of 300 ms; 500 ms is used instead; add a bucket at 300 ms',
  ]);
  expect(limitWarnings([0.1], limits)).toEqual([
    'latency.p95: the histogram ends below 300 ms, so the limit is not watched; add a bucket at 300 ms',
  ]);
});

test('what would settle a watch with too little traffic is part of its verdict', () => {
  const few = samplesFrom(
    times(180, (i) => ({ canary: [i === 90 ? 1 : 0, 2], baseline: [i % 18 === 0 ? 1 : 0, 18] })),
  );
  const settings = settingsWith({});
  const verdict = rolloutGate.close(settings, show(settings, few).state, 900);
  expect(verdict).toMatchObject({ kind: 'inconclusive', reason: 'too-little-traffic' });
  expect(verdict.settlesInSeconds).toBeGreaterThan(120);
  expect(verdict.settlesInSeconds).toBeLessThan(3600);
  expect(verdict.sentence).toContain('would settle');
});
