import { describe, expect, test } from '@jest/globals';
import { errorsOutlook } from '../../../src/gates/outlook.ts';
import { planSentence, planWarning } from '../../../src/gates/plan-sentence.ts';
import { rolloutGate } from '../../../src/gates/rollout-gate.ts';
import { openGateWatch } from '../../../src/gates/state.ts';
import { sayCount, sayPoints, sayRarity, saySeconds, sayShare } from '../../../src/gates/words.ts';
import { changeArm, evenHistory, judge, lastOf, samplesFrom, settingsWith, show, times } from './make.ts';
import type { Did } from './make.ts';

const settings = settingsWith();

/** Errors of the canary in each of `n` samples of 50 req/s, the baseline failing evenly at 0.3 %. */
const failing = (errors: (i: number) => number, n = 180) =>
  samplesFrom(times(n, (i): Did => ({ canary: [errors(i), 25], baseline: [i % 3 === 2 ? 2 : 0, 225] })));

describe('a rollback', () => {
  test('gives the counts of both versions, and how rare they are', () => {
    const { state, records } = show(
      settings,
      failing((i) => (i % 2 === 0 ? 2 : 0)),
    );
    const verdict = rolloutGate.breach(settings, state);
    const record = lastOf(records);
    expect(verdict?.sentence).toMatch(
      /^Rolled back checkout 2\.1\.0 after \d+ s: (\d+) of (\d+) canary requests failed \(\d(\.\d)? %\), against (\d+) of ([\d ]+) on 2\.0\.4 \(0\.\d %\)\. A healthy release would look this bad in fewer than 1 of [\d ]+ rollouts\.$/,
    );
    const { canary, baseline } = record;
    expect(verdict?.sentence).toContain(
      `${String(canary.errors)} of ${String(canary.requests)} canary requests`,
    );
    expect(verdict?.sentence).toContain(
      `${String(baseline.errors)} of ${sayCount(baseline.requests)} on 2.0.4`,
    );
    expect(record).toMatchObject({
      verdict: 'breach',
      reason: 'errors_vs_baseline',
      since_s: 0,
      needed: 100,
    });
    expect(record.sentence).toBe(verdict?.sentence);
    expect(record.evidence).toBeGreaterThanOrEqual(100);
  });

  test('counts from the onset, where that came late', () => {
    const { records } = show(
      settings,
      failing((i) => (i >= 120 ? 2 : 0)),
    );
    const record = lastOf(records);
    expect(record).toMatchObject({ verdict: 'breach', since_s: 600 });
    expect(record.sentence).toContain(
      ` ${String(record.canary.errors)} of ${String(record.canary.requests)} canary requests failed (8.0 %)`,
    );
  });

  test('is short when everything fails', () => {
    expect(
      judge(
        settings,
        failing(() => 24),
      ).sentence,
    ).toBe('Rolled back checkout 2.1.0 after 10 s: 48 of 50 canary requests failed; 2.0.4: 0 of 450.');
  });

  test('of a limit names it', () => {
    const strict = settingsWith({ errors: { max: 0.001, margin: 0.9 } });
    expect(
      judge(
        strict,
        failing((i) => i % 2),
      ).sentence,
    ).toMatch(/^Rolled back .* failed \(\d\.\d %, limit 0\.1 %\), against /);
  });

  test('without a baseline says what it was compared with', () => {
    const alone = changeArm(
      failing(() => 2),
      'baseline',
      () => null,
    );
    expect(judge(settings, alone).sentence).toMatch(
      /failed \(8\.0 %\), against 0\.3 % before\. A healthy .* Compared with the half hour before, because no traffic is left on 2\.0\.4; an outage elsewhere would look the same\.$/,
    );
  });

  test('for slowness tells shares and the p95 of both', () => {
    const le = [0.05, 0.15, 0.25, 0.5, '+Inf'] as const;
    const slow = settingsWith({ errors: {}, latency: { limits: [] } });
    const arm = (id: string, t: number, per: number, quick: readonly number[]) => ({
      at: t,
      instances: [
        { id, requests: t * per, errors: 0, latency: { le, count: quick.map((share) => share * t * per) } },
      ],
    });
    const usual = [0.3, 0.82, 0.95, 1, 1];
    const history = times(360, (i) => ({ t: (i - 360) * 5, baseline: arm('b', i * 5, 50, usual) })).map(
      (sample) => ({
        ...sample,
        baseline: { ...sample.baseline, at: sample.t },
      }),
    );
    const samples = times(181, (i) => ({
      t: i * 5,
      canary: arm('c', i * 5, 5, [0.2, 0.69, 0.91, 0.98, 1]),
      baseline: arm('b', i * 5, 45, usual),
    }));
    const verdict = judge(slow, samples, history);
    expect(verdict.sentence).toMatch(
      /^Rolled back checkout 2\.1\.0 after [\dmins ]+: 31 % of canary requests took longer than 150 ms, against 18 % on 2\.0\.4 \(p95 about 390 ms against 250 ms\)\. A healthy release/,
    );
    expect(lastOf(show(slow, samples, history).records).latency).toMatchObject({ bound_s: 0.15 });
  });
});

describe('the end of a watch', () => {
  test('a pass says what is excluded and what was seen', () => {
    expect(
      judge(
        settings,
        failing((i) => (i % 13 === 6 ? 1 : 0)),
      ).sentence,
    ).toBe(
      'checkout 2.1.0: no rise of 1 point or more in 15 min: 14 of 4 500 canary requests failed (0.31 %), 2.0.4: 120 of 40 500 (0.30 %, 1.1×). Smaller rises are not excluded.',
    );
  });

  test('a pass without the latencies it was to compare says so', () => {
    const both = settingsWith({ latency: {} });
    expect(
      judge(
        both,
        failing((i) => (i % 13 === 6 ? 1 : 0)),
      ).sentence,
    ).toMatch(/not excluded\. Latency was not compared: no usable histogram came\.$/);
  });

  test('too little traffic: what was seen, what would have been, and what would settle it', () => {
    const few = samplesFrom(
      times(180, (i): Did => ({
        canary: [i === 40 || i === 120 ? 1 : 0, i % 2 === 0 ? 2 : 3],
        baseline: [i % 13 === 2 ? 1 : 0, i % 2 === 0 ? 22 : 23],
      })),
    );
    const verdict = judge(settings, few);
    expect(verdict).toMatchObject({ reason: 'too-little-traffic' });
    expect(verdict.sentence).toMatch(
      /^15 min are over and 450 canary requests are too few to tell: 2 failed \(0\.4 %\), 2\.0\.4: 14 of 4 050 \(0\.3 %\)\. A rise to 2\.\d % would probably have been seen\. About \d+ more minutes at 10 %, or \d+ at 50 %, would settle \+1 point\.$/,
    );
  });

  test('metrics that ended: since when, by the clock where that is known', () => {
    const silent = changeArm(
      failing(() => 0),
      'canary',
      (reading, t) => (t > 780 ? null : reading),
    );
    const ended = settingsWith({ watchSeconds: 900 });
    const verdict = judge(
      ended,
      silent.filter(({ t }) => t <= 900),
    );
    expect(verdict).toMatchObject({ kind: 'pass' });
    const short = settingsWith({ watchSeconds: 300 });
    const holes = changeArm(
      failing(() => 0, 60),
      'canary',
      (reading, t) => (t > 180 ? null : reading),
    );
    expect(judge(short, holes).sentence).toBe(
      'No metrics from 2.1.0 for 2 min (last 3 min into the rollout); this is not evidence of health.',
    );
    const dated = { ...short, release: { ...short.release, zeroMs: Date.UTC(2025, 2, 1, 13, 59, 10) } };
    expect(judge(dated, holes).sentence).toBe(
      'No metrics from 2.1.0 for 2 min (last at 14:02:10 UTC); this is not evidence of health.',
    );
  });

  test('both bad', () => {
    const both = samplesFrom(
      times(180, (i): Did => ({ canary: [i % 4 === 0 ? 2 : 1, 25], baseline: [11, 225] })),
    );
    expect(judge(settings, both).sentence).toBe(
      'Both versions fail at about 4.9 %; this is not the release. Waiting for 2.0.4 to recover.',
    );
  });

  test('worse, but not surely so', () => {
    const doubtful = judge(
      settings,
      failing((i) => (i > 120 && i % 4 === 0 ? 1 : i % 30 === 1 ? 1 : 0)),
    );
    expect(doubtful).toMatchObject({ kind: 'inconclusive', reason: 'looks-bad' });
    expect(doubtful.sentence).toMatch(
      /: of 4 500 canary requests \d+ failed \(0\.\d %\), 2\.0\.4: 120 of 40 500 \(0\.3 %\)\. Evidence [\d.]+ of 100\.$/,
    );
  });
});

test('above the limit but not yet sure: how far it has come', () => {
  const { records } = show(
    settings,
    failing((i) => (i % 2 === 0 ? 2 : 0)),
  );
  expect(records.at(-2)?.sentence).toMatch(
    /^\d(\.\d)? % \(limit 1 %\): evidence \d+ of 100; at this rate rolled back in about \d+ s$/,
  );
});

test('no sentence claims certainty', () => {
  const sentences = [failing(() => 24), failing(() => 2), failing(() => 0)].flatMap((samples) =>
    show(settings, samples).records.map(({ sentence }) => sentence),
  );
  for (const sentence of sentences) expect(sentence).not.toMatch(/confiden|significan|p-value|healthy\.$/i);
});

describe('the plan', () => {
  const full = settingsWith({ latency: {}, saturation: [{ name: 'cpu' }] });
  const outlook = (requestsPerSecond: number) => {
    const found = errorsOutlook(full, { requestsPerSecond, share: 0.1, rate: 0.003, phi: 1.25 });
    if (found === null) throw new Error('errors are judged');
    return found;
  };

  test('for a service of little traffic', () => {
    expect(planSentence(outlook(5), 900)).toBe(
      'At 5 requests per second a 10 % canary gets about 450 requests in 15 minutes. That shows a rise from 0.3 % to about 2.8 % or more (4 times in 5); a rise by 1 point stays unseen. To exclude +1 point: about 44 minutes, or about 10 minutes at 50 %.',
    );
    expect(planWarning(outlook(5), 900, full.onInconclusive)).toBe(
      'A watch of 15 minutes excludes +1 point for 14 of 100 healthy releases; for the others a person is asked.',
    );
    // Another half an hour would settle it, and is added for that.
    expect(planWarning(outlook(5), 900, { extendSeconds: 1800, then: 'rollback' })).toContain(
      'for the others 30 min are added, and then it is rolled back.',
    );
  });

  test('for one of much', () => {
    expect(planSentence(outlook(50), 900)).toBe(
      'At 50 requests per second a 10 % canary gets about 4 500 requests in 15 minutes. That shows a rise from 0.3 % to about 1.1 % or more (4 times in 5). +1 point is excluded in about 4 minutes.',
    );
    expect(planWarning(outlook(50), 900, full.onInconclusive)).toBeNull();
  });
});

test('words', () => {
  expect([0, 0.0004, 0.003, 0.033, 0.31, 1].map(sayShare)).toEqual([
    '0 %',
    '0.04 %',
    '0.3 %',
    '3.3 %',
    '31 %',
    '100 %',
  ]);
  expect([0.01, 0.005, 0.02].map(sayPoints)).toEqual(['1 point', '0.5 points', '2 points']);
  expect([65, 10, 900].map(saySeconds)).toEqual(['1 min 5 s', '10 s', '15 min']);
  expect([2210.4, 123.9, 999_999, 5e9].map((e) => sayRarity(Math.log(e)))).toEqual([
    '1 of 2 200',
    '1 of 120',
    '1 of 990 000',
    '1 of a million',
  ]);
  expect([7, 2944, 40_310, 1_234_567].map(sayCount)).toEqual(['7', '2 944', '40 310', '1 234 567']);
});

test('a record before any sample is one of a watch that has seen nothing', () => {
  const state = openGateWatch(rolloutGate.begin(settings, evenHistory()), 0);
  const record = rolloutGate.observe(settings, state, { t: 0, canary: null, baseline: null }).record;
  expect(record).toMatchObject({
    verdict: 'watching',
    reason: null,
    canary: { requests: 0, errors: 0 },
    silent_s: null,
  });
  expect(record.evidence).toBeCloseTo(1, 12);
});
