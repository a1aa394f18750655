import type { Action } from '../../runbooks/runbook.ts';
import { sayWeights } from '../../runbooks/traffic.ts';

/** A write to a target in words: `traffic to 2.0.4 100 %`, `retire 2.1.0`. */
export const sayAction = (action: Action): string => {
  switch (action.do) {
    case 'shift':
      return `traffic to ${sayWeights(action.weights)}`;
    case 'deploy':
      return `deploy ${action.release.version}`;
    case 'promote':
    case 'retire':
      return `${action.do} ${action.version}`;
    default:
      return unreachable(action);
  }
};

const unreachable = (action: never): never => {
  throw new Error(`action ${JSON.stringify(action)}`);
};
