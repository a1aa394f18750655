import { describe, expect, test } from '@jest/globals';
import type { Problem } from '../../runbooks/errors.ts';
import type { PlanRequest } from '../../runbooks/plan.ts';
import { plan } from '../../runbooks/plan.ts';
import { digest, group, makeRequest, makeState, planned } from './make.ts';

const refused = (changes: Partial<PlanRequest>): readonly Problem[] => {
  const result = plan(makeRequest(changes));
  if (!('problems' in result)) throw new Error('a runbook was made');
  return result.problems;
};
const refusal = (changes: Partial<PlanRequest>): string =>
  refused(changes)
    .map(({ code, message, hint }) => `${code}: ${message} → ${hint ?? ''}`)
    .join('\n');

const running = group('2.0.4', 'a');
const asked = { version: '2.1.0', digest: digest('b') };
const nothing = { groups: [], weights: {}, stable: null, fence: 0 };

describe('a deploy is refused', () => {
  test.each([
    ['latest', 'VERSION_MUTABLE'],
    ['LATEST', 'VERSION_MUTABLE'],
    ['', 'VERSION_INVALID'],
    ['../../etc/passwd', 'VERSION_INVALID'],
    ['2.1.0\u001b[2J', 'VERSION_INVALID'],
    ['x'.repeat(100_000), 'VERSION_INVALID'],
  ])('for the version %j with %s', (version, code) => {
    const [problem] = refused({ release: { version, digest: digest('b') } });
    expect(problem?.code).toBe(code);
    expect(problem?.message.length).toBeLessThan(400);
    expect(problem?.message).not.toMatch(/\p{Cc}/u);
  });

  test.each(['constructor', '__proto__', 'producton', ''])(
    'in an environment that is not there: %j',
    (name) => {
      expect(refusal({ environment: name })).toContain('ENVIRONMENT_UNKNOWN');
      expect(refusal({ environment: name })).toContain('It has: production.');
    },
  );

  test('in an environment with a slip of the pen, with the one that was meant', () => {
    expect(refusal({ environment: 'producton' })).toContain('Did you mean "production"?');
  });

  test('where the version has all the traffic already', () => {
    const state = makeState(group('2.1.0', 'b'));
    expect(refusal({ state, lastGood: asked })).toContain('ALREADY_RUNNING_VERSION: 2.1.0 already has all');
  });

  test('where another artifact runs under that version, with traffic or without', () => {
    expect(refusal({ state: makeState(group('2.1.0', 'c')), lastGood: null })).toContain(
      'ARTIFACT_CHANGED: 2.1.0',
    );
    expect(refusal({ state: makeState(running, group('2.1.0', 'c')) })).toContain('ARTIFACT_CHANGED: 2.1.0');
    const lying = { ...nothing, groups: [group('2.1.0', 'c')] };
    expect(refusal({ state: lying, lastGood: null })).toContain('ARTIFACT_CHANGED: 2.1.0');
  });

  test('where no good release is known, and adopt is offered', () => {
    const said = refusal({ lastGood: null });
    expect(said).toContain('NO_WAY_BACK: 2.0.4 runs in production');
    expect(said).toContain('sluice adopt shop --env production');
  });

  test('where what runs is not the artifact that is known good', () => {
    const said = refusal({ lastGood: { version: '2.0.4', digest: digest('d') } });
    expect(said).toContain(`NO_WAY_BACK: 2.0.4 runs with ${digest('a')}`);
  });

  test('where the traffic is split: somebody has not finished', () => {
    const state = { ...makeState(running, group('2.0.5', 'c')), weights: { '2.0.4': 90, '2.0.5': 10 } };
    const said = refusal({ state });
    expect(said).toContain('RUNBOOK_INVALID');
    expect(said).toContain('2.0.4 90 %, 2.0.5 10 %');
    expect(said).toContain('sluice rollback shop --env production');
  });

  test('where traffic and promotion disagree', () => {
    const state = { ...makeState(running, group('2.0.3', 'c')), stable: '2.0.3' };
    expect(refusal({ state })).toContain('RUNBOOK_INVALID');
    expect(refusal({ state })).toContain('counts 2.0.3 as promoted');
  });

  test('where the target says what can not be', () => {
    expect(refusal({ state: { ...makeState(running), weights: { '1.0.0': 100 } } })).toContain('1.0.0');
    expect(refusal({ state: { ...makeState(running), weights: { '2.0.4': 70 } } })).toContain(
      'do not add up to 100',
    );
  });

  test('with all its problems at once', () => {
    const release = { version: 'latest', digest: digest('b') };
    expect(refused({ release, lastGood: null }).map(({ code }) => code)).toEqual([
      'VERSION_MUTABLE',
      'NO_WAY_BACK',
    ]);
  });
});

describe('a deploy is warned of', () => {
  test('a last good release that is not the one that runs', () => {
    const { warnings } = planned(makeRequest({ lastGood: { version: '2.0.3', digest: digest('d') } }));
    expect(warnings.join()).toContain('last good release is 2.0.3, but 2.0.4 runs');
  });
});

describe('a rollback', () => {
  const good = { version: '2.0.4', digest: digest('a') };
  const back = (changes: Partial<PlanRequest>): PlanRequest =>
    makeRequest({ kind: 'rollback', release: good, lastGood: asked, ...changes });

  test('to a warm version moves all traffic at once, without smoke tests', () => {
    const { runbook } = planned(back({ state: makeState(group('2.1.0', 'b'), running) }));
    expect(runbook.steps.map(({ title }) => title)).toEqual([
      '100 % to 2.0.4',
      'promote 2.0.4',
      'verify 2.0.4',
    ]);
    expect(runbook.keep).toEqual({ retireNow: ['2.1.0'], warm: null, keepWarmMs: 0 });
    expect(runbook.from?.version).toBe('2.1.0');
  });

  test.each([
    ['gone', []],
    ['not ready', [group('2.0.4', 'a', 1)]],
  ])('to a version that is %s deploys and tests it first', (_, groups) => {
    const { runbook } = planned(back({ state: makeState(group('2.1.0', 'b'), ...groups) }));
    expect(runbook.steps.map(({ kind }) => kind)).toEqual(['deploy', 'smoke', 'shift', 'promote', 'verify']);
  });

  test('puts right what stands under the version without traffic', () => {
    const { runbook } = planned(back({ state: makeState(group('2.1.0', 'b'), group('2.0.4', 'd')) }));
    expect(runbook.steps.map(({ kind }) => kind)).toEqual([
      'retire',
      'deploy',
      'smoke',
      'shift',
      'promote',
      'verify',
    ]);
  });

  test('is refused where something else under that version has traffic', () => {
    const said = refusal(back({ state: makeState(group('2.0.4', 'd')) }));
    expect(said).toContain('ARTIFACT_CHANGED');
  });

  test('out of a split is not refused', () => {
    const state = { ...makeState(running, group('2.1.0', 'b')), weights: { '2.0.4': 50, '2.1.0': 50 } };
    expect(planned(back({ state })).runbook.from).toBeNull();
  });

  test('to what has all traffic and is promoted is refused; where it is not promoted, it is carried out', () => {
    const state = makeState(running, group('2.1.0', 'b'));
    expect(refusal(back({ state }))).toContain('ALREADY_RUNNING_VERSION');
    expect(planned(back({ state: { ...state, stable: '2.1.0' } })).runbook.steps.length).toBeGreaterThan(0);
  });

  test('of nothing is refused', () => {
    expect(refusal(back({ state: nothing, lastGood: null }))).toContain('NOTHING_RUNS');
  });

  test('may return to a tag that moves: its digest does not', () => {
    const release = { version: 'stable', digest: digest('d') };
    expect(planned(back({ state: makeState(running), release })).runbook.to).toEqual(release);
  });
});

describe('a recovery', () => {
  const request = (changes: Partial<PlanRequest>): PlanRequest =>
    makeRequest({ kind: 'recover', release: { version: '2.0.4', digest: digest('a') }, ...changes });

  test('asserts what it returns to, also where it seems to be so already', () => {
    const { runbook } = planned(request({ state: makeState(running, group('2.1.0', 'b')) }));
    expect(runbook.steps.map(({ kind }) => kind)).toEqual(['shift', 'promote', 'verify']);
    expect(runbook.keep.retireNow).toEqual(['2.1.0']);
  });

  test('deploys what is gone, without smoke tests', () => {
    const { runbook } = planned(request({ state: makeState(group('2.1.0', 'b')) }));
    expect(runbook.steps.map(({ kind }) => kind)).toEqual(['deploy', 'shift', 'promote', 'verify']);
  });
});
