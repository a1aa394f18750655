import { describe, expect, test } from '@jest/globals';
import { errorsOutlook } from '../../../src/gates/outlook.ts';
import { chanceOfPass, largestPassing } from '../../../src/gates/passing.ts';
import { binomial, uniformFrom } from '../../../src/gates/random.ts';
import { rolloutGate } from '../../../src/gates/rollout-gate.ts';
import { watchOutlook } from '../../../src/gates/watch-outlook.ts';
import { evenHistory, samplesFrom, settingsWith, show, times } from './make.ts';

const settings = settingsWith();
const known = (...args: Parameters<typeof watchOutlook>) => {
  const outlook = watchOutlook(...args);
  if (!outlook.known) throw new Error(outlook.sentence);
  return outlook;
};

describe('what the first watch will tell', () => {
  test('at 50 requests per second: a rise by a point is found or excluded', () => {
    const outlook = known(settings, evenHistory());
    expect(outlook.requestsPerSecond).toBeCloseTo(50, 0);
    expect(outlook).toMatchObject({
      share: 0.1,
      watchSeconds: 900,
      harm: 0.01,
      suffices: true,
      warning: null,
    });
    expect(outlook.rate).toBeCloseTo(0.003, 4);
    expect(outlook.smallestFound).toBeCloseTo(0.01, 3);
    expect(outlook.excludedAfterSeconds).toBeGreaterThan(150);
    expect(outlook.excludedAfterSeconds).toBeLessThan(300);
    expect(outlook.sentence).toMatch(
      /^At 50 requests per second .* \+1 point is excluded in about \d minutes\. A rise of up to about 0\.\d points may pass \(1 time in 20\)\.$/,
    );
  });

  test('at 5: too short, how long it would have to be, and what follows', () => {
    const outlook = known(settings, evenHistory(25));
    expect(outlook.requestsPerSecond).toBeCloseTo(5, 1);
    expect(outlook.suffices).toBe(false);
    expect(outlook.excludedAfterSeconds).toBeGreaterThan(1800);
    expect(outlook.smallestFound).toBeGreaterThan(0.02);
    expect(outlook.warning).toMatch(
      /^A watch of 15 minutes excludes \+1 point for \d+ of 100 healthy releases; /,
    );
    expect(outlook.advice).toMatch(
      /^To exclude \+1 point: about \d+ minutes, or about \d+ minutes at 50 %\.$/,
    );
    const longer = settingsWith({ watchSeconds: outlook.excludedAfterSeconds ?? 0 });
    expect(known(longer, evenHistory(25)).suffices).toBe(true);
  });

  test('only what was seen counts: a past without the version, or without a request, tells nothing', () => {
    const silent = evenHistory().map(({ t }) => ({ t, baseline: null }));
    for (const history of [[], silent, evenHistory(0)]) {
      expect(watchOutlook(settings, history)).toEqual({
        known: false,
        sentence: expect.stringContaining('Nothing is known of the traffic of 2.0.4'),
      });
    }
  });

  test('where nothing is held back it is compared with the past, and the plan says so', () => {
    const alone = watchOutlook(settingsWith({ steps: [1], holdBack: 0 }), evenHistory());
    expect(alone).toEqual({ known: false, sentence: expect.stringContaining('No traffic is left on 2.0.4') });
  });
});

describe('the largest rise that may pass', () => {
  const at = (requestsPerSecond: number) => {
    const outlook = errorsOutlook(settings, { requestsPerSecond, share: 0.1, rate: 0.003, phi: 1.25 });
    if (outlook === null) throw new Error('errors are judged');
    return outlook;
  };

  test('is below the harm, and smaller the more is seen', () => {
    const rises = [20, 50, 200, 1000].map((rate) => largestPassing(at(rate), 900) ?? 0);
    expect(rises.every((rise) => rise > 0 && rise < 0.01)).toBe(true);
    expect(rises).toEqual([...rises].sort((a, b) => b - a));
    expect(chanceOfPass(at(50), rises[1] ?? 0, 900)).toBeCloseTo(0.05, 3);
  });

  test('is none where hardly any release can be shown to be healthy', () => {
    expect(largestPassing(at(0.5), 900)).toBeNull();
  });

  test('is what the gate itself lets pass: now and then at that rise, mostly at a third of it', () => {
    const uniform = uniformFrom(7);
    const rise = largestPassing(at(50), 900) ?? 0;
    const passes = (more: number, runs: number): number =>
      times(runs, () => {
        const samples = samplesFrom(
          times(180, () => ({
            canary: [binomial(uniform, 25, 0.003 + more), 25],
            baseline: [binomial(uniform, 225, 0.003), 225],
          })),
        );
        const { state } = show(settings, samples);
        return rolloutGate.close(settings, state, 900).kind;
      }).filter((kind) => kind === 'pass').length;
    expect(passes(rise, 60)).toBeLessThanOrEqual(12);
    expect(passes(rise / 3, 20)).toBeGreaterThanOrEqual(12);
  });
});
