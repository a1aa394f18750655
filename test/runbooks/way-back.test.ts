import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Action, Runbook, Step, TargetState } from '../../runbooks/runbook.ts';
import { asAction } from '../../runbooks/runbook.ts';
import { wayBack } from '../../runbooks/way-back.ts';
import { anyDeploy, digest, makeRequest, planned } from './make.ts';
import type { Start } from './model.ts';
import { applyAll, essence } from './model.ts';

/** How far a rollout came: steps begun, whether the last of them took effect, and whether the new version came up. */
const anyProgress = fc.record({
  begun: fc.nat({ max: 40 }),
  lastApplied: fc.boolean(),
  comesUp: fc.boolean(),
});

const progress = (
  runbook: Runbook,
  state: TargetState,
  {
    begun,
    lastApplied,
    comesUp,
  }: { readonly begun: number; readonly lastApplied: boolean; readonly comesUp: boolean },
): { readonly pushed: readonly number[]; readonly state: TargetState } => {
  // A version that does not come up ends the rollout in its deploy step.
  const deploy = runbook.steps.findIndex(({ kind }) => kind === 'deploy');
  const count = Math.min(begun, comesUp ? runbook.steps.length : deploy + 1);
  const done = runbook.steps.slice(0, lastApplied ? count : Math.max(0, count - 1));
  const start: Start = () => ({ instances: 2, ready: comesUp ? 2 : 0 });
  return {
    pushed: Array.from({ length: count }, (_, i) => i),
    state: applyAll(state, done.flatMap(asAction), start),
  };
};

/** What stops first, what starts for the traffic, the traffic, what it leaves behind, the promotion, the cleaning up. */
const placeOf = (action: Action, fresh: string): number => {
  if (action.do === 'scale') return action.downtime === true ? 0 : action.version === fresh ? 3 : 1;
  return { deploy: 1, shift: 2, promote: 4, retire: 5, flag: 0 }[action.do];
};

/** A target can not be told that nothing is promoted: where nothing was, the version that ran is, once that step began. */
const undone = (state: TargetState, runbook: Runbook, pushed: readonly number[]): TargetState => {
  const promoting = pushed.some((index) => runbook.steps[index]?.kind === 'promote');
  return promoting && state.stable === null ? { ...state, stable: runbook.from?.version ?? null } : state;
};

describe('the way back of any plan', () => {
  test('undoes it from wherever it came to, and the target refuses none of it', () => {
    fc.assert(
      fc.property(anyDeploy, anyProgress, (request, how) => {
        const { runbook } = planned(request);
        const { pushed, state } = progress(runbook, request.state, how);
        const after = applyAll(state, wayBack(runbook, pushed));
        if (pushed.some((index) => runbook.steps[index]?.kind === 'release')) {
          // The flag goes off, in one call; what was promoted dark stays.
          expect(wayBack(runbook, pushed)).toEqual([{ do: 'flag', flag: 'checkout-v2', percent: 0 }]);
          expect(after).toEqual(state);
          return;
        }
        expect(essence(after)).toEqual(essence(undone(request.state, runbook, pushed)));
        // What the new version's group had before, a deploy of the same artifact may have made anew.
        const counts = ({ groups }: TargetState): unknown =>
          groups
            .filter(({ version }) => version !== request.release.version)
            .map(({ version, instances }) => `${version} ${String(instances)}`)
            .sort();
        expect(counts(after)).toEqual(counts(request.state));
      }),
      { numRuns: 3000 },
    );
  });

  test('can be carried out again from any point of itself', () => {
    fc.assert(
      fc.property(anyDeploy, anyProgress, fc.nat({ max: 5 }), (request, how, cut) => {
        const { runbook } = planned(request);
        const { pushed, state } = progress(runbook, request.state, how);
        const actions = wayBack(runbook, pushed);
        const once = applyAll(state, actions);
        const again = applyAll(applyAll(state, actions.slice(0, cut)), actions);
        expect(essence(again)).toEqual(essence(once));
      }),
      { numRuns: 500 },
    );
  });

  test('sets each thing once, traffic before what nobody waits for, whatever the order of the indices', () => {
    fc.assert(
      fc.property(anyDeploy, fc.array(fc.integer({ min: -3, max: 25 })), (request, pushed) => {
        const { runbook } = planned(request);
        const actions = wayBack(runbook, pushed);
        const set = actions.map(({ do: kind, ...about }) =>
          kind === 'scale' ? `${kind} ${JSON.stringify(about)}` : kind,
        );
        expect(set).toEqual([...new Set(set)]);
        const places = actions.map((action) => placeOf(action, request.release.version));
        expect(places).toEqual([...places].sort((a, b) => a - b));
        expect(wayBack(runbook, [...pushed, ...pushed].reverse())).toEqual(actions);
      }),
    );
  });
});

describe('wayBack', () => {
  const { runbook } = planned(makeRequest());
  const index = (kind: Step['kind'], from = 0): number =>
    runbook.steps.findIndex((step, i) => i >= from && step.kind === kind);

  test('of nothing begun, or of checks alone, is empty', () => {
    expect(wayBack(runbook, [])).toEqual([]);
    expect(wayBack(runbook, [0])).toEqual([]);
  });

  test('of a deploy retires the new version', () => {
    expect(wayBack(runbook, [0, index('deploy')])).toEqual([{ do: 'retire', version: '2.1.0' }]);
  });

  test('of the whole runbook moves traffic first, then promotes, then retires', () => {
    expect(wayBack(runbook, [...runbook.steps.keys()])).toEqual([
      { do: 'shift', weights: { '2.0.4': 100 } },
      { do: 'promote', version: '2.0.4' },
      { do: 'retire', version: '2.1.0' },
    ]);
  });

  test('ignores indices that the runbook does not have', () => {
    expect(wayBack(runbook, [99, -1, 0.5])).toEqual([]);
  });

  const step = (...back: readonly Action[]): Step => ({
    kind: 'retire',
    title: 'by hand',
    version: 'x',
    back,
  });
  const release = (version: string): Action => ({ do: 'deploy', release: { version, digest: digest('c') } });
  const made = (...steps: readonly Step[]): Action[] => wayBack({ ...runbook, steps }, [...steps.keys()]);

  test('brings a version back before traffic goes to it, and others after', () => {
    const actions = made(
      step({ do: 'shift', weights: { '1.0.0': 100, '3.0.0': 0 } }),
      step({ do: 'promote', version: '1.0.0' }),
      step(release('3.0.0')),
      step(release('1.0.0')),
    );
    expect(actions).toEqual([
      release('1.0.0'),
      { do: 'shift', weights: { '1.0.0': 100, '3.0.0': 0 } },
      release('3.0.0'),
      { do: 'promote', version: '1.0.0' },
    ]);
  });

  test('lets the earliest step say what was there before', () => {
    const actions = made(
      step({ do: 'shift', weights: { a: 100 } }, { do: 'retire', version: 'x' }),
      step({ do: 'shift', weights: { b: 100 } }, release('x')),
    );
    expect(actions).toEqual([
      { do: 'shift', weights: { a: 100 } },
      { do: 'retire', version: 'x' },
    ]);
  });
});
