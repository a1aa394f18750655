import { describe, expect, test } from '@jest/globals';
import { rolloutGate } from '../../../src/gates/rollout-gate.ts';
import { evidenceOf, weightsOf } from '../../../src/gates/total.ts';
import { beside, declined, durations, healthy, past, share } from './make-custom.ts';
import type { Arm, Rates } from './make-custom.ts';
import { armOf, evenHistory, judge, lastOf, samplesFrom, settingsWith, show, times } from './make.ts';
import type { Did } from './make.ts';

describe('a share', () => {
  const settings = settingsWith({ custom: [{ name: 'payments', errors: {} }] });

  test('that goes wrong more often sends a release back whose requests are well', () => {
    const samples = beside(healthy(), 'payments', share(declined(30, 2)));
    const { state, records } = show(settings, samples);
    const verdict = rolloutGate.breach(settings, state);
    const record = lastOf(records);
    expect(verdict).toMatchObject({ kind: 'breach', reason: 'errors_vs_baseline', metric: 'payments' });
    expect(record).toMatchObject({ metric: 'payments', verdict: 'breach' });
    const { canary, baseline } = record;
    expect(verdict?.sentence).toMatch(
      /^Rolled back checkout 2\.1\.0 after [\dmin s]+: payments: \d+ of \d+ on the canary went wrong \(\d\d %\), against \d+ of [\d ]+ on 2\.0\.4 \(\d\.\d %\)\. /,
    );
    expect(verdict?.sentence).toContain(
      `payments: ${String(canary.errors)} of ${String(canary.requests)} on the canary went wrong`,
    );
    expect(verdict?.sentence).toContain(`${String(baseline.errors)} of ${String(baseline.requests)} on`);
    expect(record.tests['errors_vs_baseline:payments']).toBeGreaterThan(100);
    expect(record.tests['errors_vs_baseline']).toBeLessThan(3);
  });

  test('is judged exactly as errors are', () => {
    const twice = settingsWith({
      errors: { max: 0.05 },
      custom: [{ name: 'payments', errors: { max: 0.05, harm: 0.01 } }],
    });
    const requests = samplesFrom(
      times(30, (i): Did => ({ canary: [i % 4 === 0 ? 1 : 0, 25], baseline: [i % 3 === 2 ? 2 : 0, 225] })),
    );
    const samples = requests.map(({ t, canary, baseline }) => ({
      t,
      canary: canary && { ...canary, custom: { payments: canary } },
      baseline: baseline && { ...baseline, custom: { payments: baseline } },
    }));
    const history = evenHistory().map(({ t, baseline }) => ({
      t,
      baseline: baseline && { ...baseline, custom: { payments: baseline } },
    }));
    const { state, records } = show(twice, samples, history);
    const { tests } = lastOf(records);
    for (const name of ['errors_vs_baseline', 'errors_vs_limit', 'on_fire']) {
      expect(tests[name]).toBeGreaterThan(0);
      expect(tests[`${name}:payments`]).toBe(tests[name]);
    }
    expect(state.custom?.[0]?.health).toEqual(state.health);
    expect(state.custom?.[0]?.learnt).toEqual(state.learnt);
  });

  test('that is as it was leaves the release alone', () => {
    const verdict = judge(settings, beside(healthy(), 'payments', share(declined(2, 2))), past(2));
    expect(verdict).toMatchObject({ kind: 'pass', reason: 'healthy' });
    expect(verdict).not.toHaveProperty('metric');
  });

  test.each([
    ['never read', () => null],
    ['without an event on the new version', share({ canary: [0, 0], baseline: [90, 2] })],
    [
      'read on the old version alone',
      (arm: Arm, t: number) => (arm === 'canary' ? null : share(declined(2, 2))(arm, t)),
    ],
  ])('%s is no evidence, and the pass says that it was not compared', (_, own) => {
    const verdict = judge(settings, beside(healthy(), 'payments', own));
    expect(verdict.kind).toBe('pass');
    expect(verdict.sentence).toContain(' payments was not compared: nothing was counted on 2.1.0.');
  });

  test('over its limit on both versions is not the release', () => {
    const limited = settingsWith({ custom: [{ name: 'payments', errors: { max: 0.05 } }] });
    const verdict = judge(limited, beside(healthy(), 'payments', share(declined(20, 20))), past(20));
    expect(verdict).toMatchObject({ kind: 'inconclusive', reason: 'both-bad', metric: 'payments' });
    expect(verdict.sentence).toBe(
      'payments: Both versions fail at about 20 %; this is not the release. Waiting for 2.0.4 to recover.',
    );
  });

  test('over its limit on the new version alone breaches the limit', () => {
    const limited = settingsWith({ custom: [{ name: 'payments', errors: { max: 0.05, margin: 0.9 } }] });
    const verdict = judge(limited, beside(healthy(), 'payments', share(declined(20, 2))), past(2));
    expect(verdict).toMatchObject({ kind: 'breach', reason: 'errors_vs_limit', metric: 'payments' });
    expect(verdict.sentence).toContain('went wrong (20 %, limit 5 %), against');
  });
});

describe('a share whose harm a pass must exclude', () => {
  const settings = settingsWith({ custom: [{ name: 'payments', errors: { harm: 0.05 } }] });

  test('passes with it, and says so', () => {
    const verdict = judge(settings, beside(healthy(), 'payments', share(declined(2, 2))), past(2));
    expect(verdict.kind).toBe('pass');
    expect(verdict.sentence).toContain(
      ' payments: no rise of 5 points or more: 36 of 1 800 on the canary went wrong (2.00 %).',
    );
  });

  test('is inconclusive where its events are too few, with what would settle it', () => {
    const few: Rates = { canary: [0.2, 10], baseline: [1.8, 10] };
    const verdict = judge(settings, beside(healthy(), 'payments', share(few)), past(10));
    expect(verdict).toMatchObject({
      kind: 'inconclusive',
      reason: 'too-little-traffic',
      metric: 'payments',
      canary: { requests: 36, errors: 3 },
    });
    expect(verdict.sentence).toMatch(
      /^15 min are over and 36 payments on the canary are too few to tell: 3 went wrong \(8\.3 %\), 2\.0\.4: 32 of 324 \(9\.9 %\)\. .* would settle \+5 points\.$/,
    );
    expect(verdict.settlesInSeconds).toBeGreaterThan(900);
  });

  test('is inconclusive where nothing was counted', () => {
    const verdict = judge(settings, healthy());
    expect(verdict).toMatchObject({
      reason: 'too-little-traffic',
      metric: 'payments',
      settlesInSeconds: null,
    });
    expect(verdict.sentence).toBe(
      '15 min are over and no payments were counted on 2.1.0; this is not evidence of health.',
    );
  });

  test('is not passed where its last third speaks against it', () => {
    const late = beside(healthy(), 'payments', (arm, t) => {
      const usual = share(declined(2, 2))(arm, t);
      if (arm === 'baseline' || t < 600) return usual;
      const more = Math.floor(((t - 600) / 5) * 0.9);
      return armOf('pc', t, (t / 5) * 10, Math.floor(t / 25) + more);
    });
    const tolerant = settingsWith({ custom: [{ name: 'payments', errors: { harm: 0.05, margin: 0.3 } }] });
    expect(judge(tolerant, late, past(2))).toMatchObject({
      kind: 'inconclusive',
      reason: 'looks-bad',
      metric: 'payments',
    });
  });
});

describe('durations', () => {
  const settings = settingsWith({
    custom: [{ name: 'search', latency: { limits: [{ quantile: 0.95, seconds: 0.2 }] } }],
  });

  test('that grow send a release back', () => {
    const samples = beside(healthy(), 'search', durations({ canary: 45, baseline: 4 }));
    const { state, records } = show(settings, samples);
    const verdict = rolloutGate.breach(settings, state);
    expect(verdict).toMatchObject({ kind: 'breach', metric: 'search' });
    expect(verdict?.reason).toMatch(/^latency_vs_(baseline|limit)$/);
    expect(verdict?.sentence).toMatch(
      /: search: 45 % on the canary took longer than 200 ms.*, against 4\.\d % on 2\.0\.4/,
    );
    expect(lastOf(records).latency).toMatchObject({ bound_s: 0.2 });
  });

  test('that stay pass, and ask for no proof', () => {
    const samples = beside(healthy(), 'search', durations({ canary: 4, baseline: 4 }));
    expect(judge(settings, samples)).toMatchObject({ kind: 'pass' });
  });
});

describe('the budget', () => {
  test('is one: the metrics of a class share its weight equally, and all weights make 1', () => {
    const settings = settingsWith({
      latency: {},
      custom: [
        { name: 'payments', errors: { max: 0.1 } },
        { name: 'imports', errors: {} },
        { name: 'search', latency: {} },
      ],
    });
    const weights = weightsOf(settings);
    const sum = 0.95;
    expect(weights.get('errors_vs_baseline')).toBeCloseTo(0.45 / sum / 3, 12);
    expect(weights.get('on_fire')).toBeCloseTo(0.1 / sum / 3, 12);
    expect(weights.get('errors_vs_limit')).toBeCloseTo(0.1 / sum / 2, 12);
    expect(weights.get('latency_vs_baseline')).toBeCloseTo(0.25 / sum / 2, 12);
    expect(weights.get('latency_vs_limit')).toBeCloseTo(0.05 / sum, 12);
    const { tests } = evidenceOf(settings, rolloutGate.begin(settings));
    expect(tests.reduce((all, { weight }) => all + weight, 0)).toBeCloseTo(1, 12);
    expect(tests.filter(({ name }) => name === 'errors_vs_limit').map(({ metric }) => metric)).toEqual([
      null,
      'payments',
    ]);
  });
});
