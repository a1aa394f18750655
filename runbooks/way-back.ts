import type { Action, Runbook, Step } from './runbook.ts';
import { weightOf } from './traffic.ts';

/**
 * The actions that undo the steps that were begun (indices into `runbook.steps`, in any order), ready to be carried
 * out in this order: what the traffic needs, the traffic, what the target counts as promoted, and then the cleaning up.
 * A flag is before all of it; and where one was ramped, what was deployed dark for it stays.
 * Each thing is set once, to what it was before the first of those steps; a step that was begun and did nothing is
 * undone like the others, because actions tell the wanted state.
 */
export const wayBack = (runbook: Runbook, pushed: readonly number[]): Action[] => {
  const wanted = new Map<string, Action>();
  for (const step of begun(runbook, pushed)) {
    for (const action of step.back) wanted.set(subject(action), action);
  }
  const actions = [...wanted.values()];
  const traffic = actions.find((action) => action.do === 'shift');
  // The version that was there before comes first, also where its traffic has not been moved yet.
  const takesTraffic = (version: string): boolean =>
    version === runbook.from?.version || (traffic !== undefined && weightOf(traffic.weights, version) > 0);
  const rank = (action: Action): number => {
    switch (action.do) {
      case 'flag':
        return -2;
      case 'deploy':
        return takesTraffic(action.release.version) ? 0 : 2;
      case 'scale':
        // What must not run beside the old version stops before that starts.
        if (action.downtime === true) return -1;
        return takesTraffic(action.version) ? 0 : 2;
      case 'shift':
        return 1;
      case 'promote':
        return 3;
      case 'retire':
        return 4;
      default:
        return unreachable(action);
    }
  };
  return actions.sort((one, other) => rank(one) - rank(other));
};

/** Latest first: the earliest step is the last to say what its subject was before. */
const begun = (runbook: Runbook, pushed: readonly number[]): readonly Step[] => {
  const steps = [...new Set(pushed)]
    .sort((a, b) => b - a)
    .flatMap((index) => {
      const step = runbook.steps[index];
      return step === undefined ? [] : [step];
    });
  const released = steps.filter(({ kind }) => kind === 'release');
  return released.length > 0 ? released : steps;
};

/** What an action sets; of two actions with one subject the later hides the earlier. */
const subject = (action: Action): string => {
  switch (action.do) {
    case 'shift':
      return 'traffic';
    case 'promote':
      return 'promoted';
    case 'flag':
      return `flag ${action.flag}`;
    case 'deploy':
      return `group ${action.release.version}`;
    case 'scale':
      return action.downtime === true ? `stop ${action.version}` : `group ${action.version}`;
    case 'retire':
      return `group ${action.version}`;
    default:
      return unreachable(action);
  }
};

const unreachable = (action: never): never => {
  throw new Error(`action ${JSON.stringify(action)}`);
};
