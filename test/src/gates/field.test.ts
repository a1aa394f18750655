import { describe, expect, test } from '@jest/globals';
import { binomial, uniformFrom } from '../../../src/gates/random.ts';
import type { Sample } from '../../../src/gates/reading.ts';
import { changeArm, judge, samplesFrom, settingsWith, show, timeless, times } from './make.ts';
import type { Did } from './make.ts';

const settings = settingsWith();

/** Traffic as it comes: `rps` requests per second, a tenth of them on the canary. */
const traffic = (
  rps: number,
  canaryRate: (i: number) => number,
  seed: number,
  every = 5,
): readonly Sample[] => {
  const uniform = uniformFrom(seed);
  const arm = (mean: number, rate: number): readonly [number, number] => {
    const n = binomial(uniform, Math.round(mean * 20), 0.05);
    return [binomial(uniform, n, rate), n];
  };
  return samplesFrom(
    times(900 / every, (i): Did => ({
      canary: arm(rps * every * 0.1, canaryRate(i)),
      baseline: arm(rps * every * 0.9, 0.003),
    })),
    every,
  );
};
const healthy = traffic(50, () => 0.003, 1);
const gone = (from: number, to: number) => (reading: Sample['canary'], t: number) =>
  t > from && t <= to ? null : reading;

describe('what stopped healthy canaries elsewhere', () => {
  test('metrics away for three minutes: no rollback, and it resumes', () => {
    const silent = changeArm(changeArm(healthy, 'canary', gone(300, 480)), 'baseline', gone(300, 480));
    const { records } = show(settings, silent);
    expect(records.every(({ verdict }) => verdict === 'watching')).toBe(true);
    const during = records.find(({ t }) => t === 480);
    const after = records.find(({ t }) => t === 485);
    expect(during?.silent_s).toBe(180);
    expect(after?.silent_s).toBe(0);
    expect((after?.canary.requests ?? 0) - (during?.canary.requests ?? 0)).toBeGreaterThan(800);
    expect(judge(settings, silent)).toMatchObject({ kind: 'pass' });
  });

  test('metrics away for three minutes while it fails: found when they are back', () => {
    const failing = traffic(50, (i) => (i >= 60 ? 0.05 : 0.003), 2);
    const silent = changeArm(changeArm(failing, 'canary', gone(300, 480)), 'baseline', gone(300, 480));
    const verdict = judge(settings, silent);
    expect(verdict).toMatchObject({ kind: 'breach' });
    expect(verdict.t).toBeGreaterThan(485);
    expect(verdict.t).toBeLessThan(560);
  });

  test('no series of the canary: no answer, and it is said', () => {
    const none = changeArm(healthy, 'canary', () => ({ instances: [] }));
    const verdict = judge(settings, none);
    expect(verdict).toMatchObject({ kind: 'inconclusive', reason: 'no-data' });
    expect(verdict.sentence).toBe('No metrics from 2.1.0 in 15 min; this is not evidence of health.');
  });

  test.each([
    ['with', (t: number) => ({ at: t, instances: [{ id: 'c', requests: 0, errors: 0 }] })],
    ['without', () => timeless({ id: 'c', requests: 0, errors: 0 })],
  ])('no request to the canary, from a source %s times: no answer, and it is said', (_, reading) => {
    const verdict = judge(
      settings,
      changeArm(healthy, 'canary', (_reading, t) => reading(t)),
    );
    expect(verdict).toMatchObject({ kind: 'inconclusive', reason: 'no-traffic' });
    expect(verdict.sentence).toMatch(
      /^2\.1\.0 got no request in 15 min \(2\.0\.4: \d+ \d+\); this is not evidence/,
    );
  });

  test('a source that answers with the same old sample for ever has no data', () => {
    const frozen = changeArm(healthy, 'canary', () => ({
      at: -1,
      instances: [{ id: 'c', requests: 0, errors: 0 }],
    }));
    expect(judge(settings, frozen)).toMatchObject({ reason: 'no-data' });
  });
});

test('a healthy canary of 5 requests/s, looked at every 10 s for 15 min: at most 1 of 100 goes back', () => {
  // Fixed seeds: each is another service with the same habits.
  const watches = 300;
  const verdicts = times(watches, (i) =>
    judge(
      settingsWith({ everySeconds: 10 }),
      traffic(50, () => 0.003, 1000 + i, 10),
    ),
  );
  const count = (kind: string): number => verdicts.filter((verdict) => verdict.kind === kind).length;
  expect(count('breach')).toBeLessThanOrEqual(watches / 100);
  // It does look: the same canary at 3 % goes back, almost always.
  const bad = times(50, (i) =>
    judge(
      settingsWith({ everySeconds: 10 }),
      traffic(50, () => 0.03, 5000 + i, 10),
    ),
  );
  expect(bad.filter(({ kind }) => kind === 'breach').length).toBeGreaterThanOrEqual(45);
  expect(count('pass')).toBeGreaterThan(watches / 2);
});

describe('what comes between the service and the gate', () => {
  test('replicas of a store that answer newer and older by turns change nothing', () => {
    const swapped = healthy.flatMap((sample, i) => {
      const old = healthy[i - 3];
      return old === undefined || i % 2 === 0 ? [sample] : [sample, { ...old, t: sample.t + 1 }];
    });
    expect(show(settings, swapped).records.at(-1)?.evidence).toBeCloseTo(
      show(settings, healthy).records.at(-1)?.evidence ?? -1,
      10,
    );
  });

  test('a store that scrapes each 15 s, or 60 s, passes a healthy release and finds a bad one', () => {
    const scraped = (samples: readonly Sample[], every: number) => {
      const last = (t: number): number => Math.floor(t / every) * every;
      return samples.map((sample) => {
        const seen = samples.find(({ t }) => t === last(sample.t)) ?? sample;
        return { t: sample.t, canary: seen.canary, baseline: seen.baseline };
      });
    };
    const bad = traffic(50, () => 0.03, 3);
    for (const every of [15, 60]) {
      expect(judge(settings, scraped(healthy, every))).toMatchObject({ kind: 'pass' });
      expect(judge(settings, scraped(bad, every))).toMatchObject({ kind: 'breach' });
    }
  });

  test('canary and baseline scraped at different seconds', () => {
    const shifted = healthy.map((sample, i) => ({
      ...{ t: sample.t, canary: i % 3 === 0 ? sample.canary : null },
      baseline: i % 3 === 1 ? sample.baseline : null,
    }));
    expect(judge(settings, shifted)).toMatchObject({ kind: 'pass' });
  });

  test('a crash loop of instances that are young does not hide their errors', () => {
    const loop = changeArm(healthy, 'canary', (reading, t) =>
      reading === null || t === 0
        ? reading
        : {
            at: t,
            instances: [
              ...reading.instances,
              { id: `pod-${String(t)}`, requests: 12, errors: 12, started: t - 4 },
            ],
          },
    );
    expect(judge(settings, loop)).toMatchObject({ kind: 'breach' });
  });

  test('the baseline disappears: the canary is judged by the half hour before, and it is said', () => {
    const alone = changeArm(healthy, 'baseline', gone(300, 900));
    const verdict = judge(settings, alone);
    expect(verdict).toMatchObject({ kind: 'pass' });
    expect(verdict.sentence).toMatch(
      /Compared with the half hour before, because no traffic is left on 2\.0\.4/,
    );
    const bad = changeArm(
      traffic(50, (i) => (i >= 100 ? 0.05 : 0.003), 4),
      'baseline',
      gone(300, 900),
    );
    expect(judge(settings, bad)).toMatchObject({ kind: 'breach', reason: 'errors_vs_baseline' });
  });

  test('a baseline that nobody planned to keep is not waited for', () => {
    const bad = changeArm(
      traffic(50, () => 0.3, 4),
      'baseline',
      () => null,
    );
    expect(judge(settingsWith({ steps: [1], holdBack: 0 }), bad).t).toBeLessThan(40);
    expect(judge(settings, bad).t).toBeGreaterThan(60);
  });

  test('without a baseline, now or before, nothing passes', () => {
    expect(
      judge(
        settings,
        changeArm(healthy, 'baseline', () => null),
        [],
      ),
    ).toMatchObject({
      ...{ kind: 'inconclusive', reason: 'no-data' },
    });
  });
});

describe('how much one sample may say', () => {
  test('no number of errors in one sample rolls back, however long it is', () => {
    for (const quiet of [0, 60, 300]) {
      const burst = traffic(50, () => 0.003, 5).filter(({ t }) => t <= 300 || t > 300 + quiet);
      const at = burst.findIndex(({ t }) => t > 300);
      const worse = burst.map((sample, i) =>
        i < at || sample.canary === null
          ? sample
          : {
              ...sample,
              canary: {
                ...sample.canary,
                instances: sample.canary.instances.map((x) => ({
                  ...x,
                  requests: x.requests + 5000,
                  errors: x.errors + 5000,
                })),
              },
            },
      );
      expect(judge(settings, worse).kind).not.toBe('breach');
    }
  });

  test('two in a row do only when everything fails, and from the start', () => {
    const failing = (rate: number, from: number) =>
      traffic(50, (i) => (i >= from && i < from + 2 ? rate : 0.003), 6);
    expect(judge(settings, failing(0.3, 0)).kind).not.toBe('breach');
    expect(judge(settings, failing(1, 60)).kind).not.toBe('breach');
    expect(judge(settings, failing(1, 0))).toMatchObject({ kind: 'breach', reason: 'on_fire', t: 10 });
  });

  test('three do later on', () => {
    const burning = traffic(50, (i) => (i >= 60 ? 1 : 0.003), 6);
    expect(judge(settings, burning)).toMatchObject({ kind: 'breach', reason: 'on_fire', t: 315 });
  });
});
