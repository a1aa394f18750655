import { expect, test } from '@jest/globals';
import { rolloutGate } from '../../../src/gates/rollout-gate.ts';
import { binomial, uniformFrom } from '../../../src/gates/random.ts';
import { samplesFrom, settingsWith, show, times } from './make.ts';

// A hotfix must be able to win: the old version is the broken one.
const settings = settingsWith({ steps: [0.5] });
const judged = (canaryRate: number, baselineRate: number) => {
  const uniform = uniformFrom(11);
  const { state, records } = show(
    settings,
    samplesFrom(
      times(180, () => ({
        canary: [binomial(uniform, 125, canaryRate), 125],
        baseline: [binomial(uniform, 125, baselineRate), 125],
      })),
    ),
  );
  expect(records.some(({ verdict }) => verdict === 'breach')).toBe(false);
  return rolloutGate.close(settings, state, 900);
};

test('a version that is well passes beside an old one of which a fifth fails', () => {
  expect(judged(0.002, 0.2)).toMatchObject({ kind: 'pass', reason: 'healthy' });
});

test('one that is better and still over its limit is no pass, and no reason to go back either', () => {
  expect(judged(0.05, 0.2)).toMatchObject({ kind: 'inconclusive', reason: 'both-bad' });
});
