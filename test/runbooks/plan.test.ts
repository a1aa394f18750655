import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { plan } from '../../runbooks/plan.ts';
import type { ShiftStep, Step, TargetState, WatchStep } from '../../runbooks/runbook.ts';
import { asAction, canonicalJson } from '../../runbooks/runbook.ts';
import {
  anyService,
  anyDeploy,
  anyRelease,
  anyState,
  digest,
  group,
  makeRequest,
  makeService,
  makeState,
  planned,
} from './make.ts';
import { applyAll, essence } from './model.ts';

const shifts = (steps: readonly Step[]): readonly ShiftStep[] =>
  steps.filter((step) => step.kind === 'shift');
const watches = (steps: readonly Step[]): readonly WatchStep[] =>
  steps.filter((step) => step.kind === 'watch');
const retired = (state: TargetState, versions: readonly (string | null)[]): TargetState =>
  applyAll(
    state,
    versions.flatMap((version) => (version === null ? [] : [{ do: 'retire' as const, version }])),
  );
const forward = (state: TargetState, steps: readonly Step[]): TargetState =>
  applyAll(state, steps.flatMap(asAction));

describe('the canary of a service file', () => {
  const { runbook, warnings } = planned(makeRequest());

  test('goes step by step, with the last watch held back', () => {
    expect(runbook.steps.map(({ title }) => title)).toEqual([
      'preflight checks',
      'deploy 2.1.0',
      'smoke tests on 2.1.0',
      '10 % to 2.1.0',
      'watch 15 min at 10 %',
      '50 % to 2.1.0',
      'watch 15 min at 50 %',
      '90 % to 2.1.0 (10 % held back)',
      'watch 15 min at 90 %',
      '100 % to 2.1.0',
      'promote 2.1.0',
    ]);
    expect(shifts(runbook.steps).map(({ percent, weights }) => [percent, weights])).toEqual([
      [10, { '2.1.0': 10, '2.0.4': 90 }],
      [50, { '2.1.0': 50, '2.0.4': 50 }],
      [100, { '2.1.0': 90, '2.0.4': 10 }],
      [100, { '2.1.0': 100 }],
    ]);
    expect(watches(runbook.steps).map(({ watch, percent, baseline }) => [watch, percent, baseline])).toEqual([
      [0, 10, '2.0.4'],
      [1, 50, '2.0.4'],
      [2, 100, '2.0.4'],
    ]);
    expect(warnings).toEqual([]);
  });

  test('keeps the old version warm and names both releases', () => {
    expect(runbook.keep).toEqual({ retireNow: [], warm: '2.0.4', keepWarmMs: 3_600_000 });
    expect([runbook.from, runbook.to]).toEqual([
      { version: '2.0.4', digest: digest('a') },
      { version: '2.1.0', digest: digest('b') },
    ]);
  });

  test('without hold-back watches all traffic without a baseline, and says so', () => {
    const bare = planned(makeRequest({ service: makeService({ holdBack: '0%' }) }));
    expect(watches(bare.runbook.steps).at(-1)).toMatchObject({ percent: 100, baseline: null });
    expect(shifts(bare.runbook.steps)).toHaveLength(3);
    expect(bare.warnings.join()).toContain('gates.holdBack is 0 %');
  });

  test('never moves traffic down on the way up', () => {
    const high = planned(makeRequest({ service: makeService({ steps: [95, 100] }) }));
    expect(shifts(high.runbook.steps).map(({ weights }) => weights['2.1.0'])).toEqual([95, 95, 100]);
  });

  test('leaves smoke tests out where the file has none', () => {
    const { runbook: bare } = planned(makeRequest({ service: makeService({ smoke: [] }) }));
    expect(bare.steps.map(({ kind }) => kind)).not.toContain('smoke');
  });

  test('leaves a group of the new version where it was found', () => {
    const state = makeState(group('2.0.4', 'a'), group('2.1.0', 'b'), group('1.9.0', 'c'));
    const found = planned(makeRequest({ state }));
    expect(found.runbook.steps.find(({ kind }) => kind === 'deploy')?.back).toEqual([]);
    expect(found.runbook.keep.retireNow).toEqual(['1.9.0']);
    expect(found.warnings.join()).toContain('2.1.0 is there already');
  });

  test('moves all traffic at once where no instance of the old version answers', () => {
    const dead = planned(makeRequest({ state: makeState(group('2.0.4', 'a', 0)) }));
    expect(shifts(dead.runbook.steps).map(({ weights }) => weights)).toEqual([{ '2.1.0': 100 }]);
    expect(dead.warnings.join()).toContain('No instance of 2.0.4 answers');
    const half = planned(makeRequest({ state: makeState(group('2.0.4', 'a', 1)) }));
    expect(shifts(half.runbook.steps)).toHaveLength(4);
    expect(half.warnings.join()).toContain('Only 1 of 2 instances');
  });
});

describe('the first release ever', () => {
  const empty: TargetState = { groups: [], weights: {}, stable: null, fence: 0 };
  const { runbook, warnings } = planned(makeRequest({ state: empty, lastGood: null }));

  test('goes straight: there is nothing to compare with and nothing to go back to', () => {
    expect(runbook.steps.map(({ kind }) => kind)).toEqual([
      'preflight',
      'deploy',
      'smoke',
      'shift',
      'watch',
      'promote',
    ]);
    expect(runbook.steps.flatMap(({ back }) => back)).toEqual([]);
    expect(watches(runbook.steps)).toMatchObject([{ percent: 100, baseline: null }]);
    expect(runbook.from).toBeNull();
    expect(runbook.keep).toEqual({ retireNow: [], warm: null, keepWarmMs: 0 });
    expect(warnings.join()).toContain('No way back: nothing ran before');
    expect(essence(forward(empty, runbook.steps))).toMatchObject({ stable: '2.1.0' });
  });
});

describe('any plan', () => {
  test('of a deploy is carried out without a refusal and ends with all traffic on the new version', () => {
    fc.assert(
      fc.property(anyDeploy, (request) => {
        const { runbook } = planned(request);
        const { version } = request.release;
        const after = forward(request.state, runbook.steps);
        expect([after.stable, Object.entries(after.weights)]).toEqual([version, [[version, 100]]]);
        const { retireNow, warm } = runbook.keep;
        expect(retired(after, [...retireNow, warm]).groups.map((one) => one.version)).toEqual([version]);
      }),
      { numRuns: 500 },
    );
  });

  test('of a deploy raises traffic step by step and watches each share beside what is left of the old version', () => {
    fc.assert(
      fc.property(anyDeploy, (request) => {
        const { steps, from, strategy } = planned(request).runbook;
        const moved = shifts(steps).map(
          ({ weights }) => new Map(Object.entries(weights)).get(request.release.version) ?? 0,
        );
        expect(moved).toEqual([...moved].sort((a, b) => a - b));
        expect(watches(steps).map(({ watch }) => watch)).toEqual([...watches(steps).keys()]);
        for (const [i, step] of steps.entries()) {
          if (step.kind !== 'watch' || steps.slice(0, i).some(({ kind }) => kind === 'release')) continue;
          const before = shifts(steps.slice(0, i)).at(-1);
          if (before === undefined) throw new Error('a watch follows the shift that it watches');
          if (strategy === 'rolling') expect(step.percent).toBe(100);
          else if (strategy !== 'feature-flag') expect(step.percent).toBe(before.percent);
          const left = new Map(Object.entries(before.weights)).get(from?.version ?? '') ?? 0;
          expect(step.baseline).toBe(left > 0 ? from?.version : null);
        }
      }),
    );
  });

  test('of a rollback or a recovery ends with everything on the release, whatever state was found', () => {
    let made = 0;
    fc.assert(
      fc.property(
        fc.constantFrom('rollback' as const, 'recover' as const),
        anyService,
        anyState,
        anyRelease,
        (kind, service, state, release) => {
          const result = plan(makeRequest({ kind, service, state, release, lastGood: release }));
          if ('problems' in result) {
            const codes = result.problems.map(({ code }) => code);
            expect(['ALREADY_RUNNING_VERSION', 'ARTIFACT_CHANGED', 'VERSION_MUTABLE']).toContain(codes[0]);
            return;
          }
          // What can not be carried out anywhere: the only healthy group is something else under the same version.
          const { runbook } = result;
          const wrong = state.groups.find(({ version }) => version === release.version);
          fc.pre(wrong === undefined || wrong.digest === release.digest);
          made += 1;
          const after = forward(state, runbook.steps);
          expect(runbook.steps.flatMap(({ back }) => back)).toEqual([]);
          expect([after.stable, Object.entries(after.weights)]).toEqual([
            release.version,
            [[release.version, 100]],
          ]);
          const left = retired(after, runbook.keep.retireNow).groups;
          expect(left.map(({ version, digest: found }) => [version, found])).toEqual([
            [release.version, release.digest],
          ]);
        },
      ),
      { numRuns: 1000 },
    );
    expect(made).toBeGreaterThan(100);
  });

  test('a recovery leads back from wherever a deploy was lost', () => {
    fc.assert(
      fc.property(anyDeploy, fc.nat({ max: 15 }), (request, begun) => {
        const { runbook } = planned(request);
        const { from } = runbook;
        if (from === null) throw new Error('a settled state has a version that runs');
        const lost = forward(request.state, runbook.steps.slice(0, begun));
        const recovery = planned({ ...request, kind: 'recover', state: lost, release: from }).runbook;
        const after = forward(lost, recovery.steps);
        expect([after.stable, Object.entries(after.weights)]).toEqual([from.version, [[from.version, 100]]]);
      }),
    );
  });

  test('from any state and for any release is a runbook or a refusal that says what to do', () => {
    fc.assert(
      fc.property(anyState, anyRelease, fc.option(anyRelease), (state, release, lastGood) => {
        const result = plan(makeRequest({ state, release, lastGood }));
        if (!('problems' in result)) return;
        expect(result.problems.length).toBeGreaterThan(0);
        for (const { message, hint } of result.problems) {
          expect(message).toMatch(/\.$/);
          expect(hint?.length).toBeGreaterThan(10);
        }
      }),
    );
  });

  test('has the same bytes for the same inputs, in whatever order a target lists them', () => {
    fc.assert(
      fc.property(anyDeploy, (request) => {
        const { state } = request;
        const turned: TargetState = {
          ...state,
          fence: state.fence + 7,
          groups: [...state.groups].reverse(),
          weights: Object.fromEntries(Object.entries(state.weights).reverse()),
        };
        const bytes = canonicalJson(planned(request).runbook);
        expect(canonicalJson(planned({ ...request, state: turned }).runbook)).toBe(bytes);
        expect(canonicalJson(JSON.parse(bytes))).toBe(bytes);
        // A time would give another hash each time: what people approve would never be what runs.
        expect(bytes).not.toMatch(/\d{4}-\d\d-\d\dT|:1[6-9]\d{11}\b/);
      }),
    );
  });
});
