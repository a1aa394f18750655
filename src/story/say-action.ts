import type { Action, Weights } from '../../runbooks/runbook.ts';
import { sayInstances, sayWeights } from '../../runbooks/traffic.ts';

/** A write to a target in words: `all traffic to 2.0.4`, `retire 2.1.0`. */
export const sayAction = (action: Action): string => {
  switch (action.do) {
    case 'shift':
      return sayShift(action.weights);
    case 'deploy':
      return `deploy ${action.release.version}`;
    case 'scale':
      return action.instances === 0
        ? `stop ${action.version}`
        : `${action.version} at ${sayInstances(action.instances)}`;
    case 'flag':
      return action.percent === 0 ? `${action.flag} off` : `${action.flag} at ${action.percent} %`;
    case 'promote':
    case 'retire':
      return `${action.do} ${action.version}`;
    default:
      return unreachable(action);
  }
};

const sayShift = (weights: Weights): string => {
  const all = Object.entries(weights).find(([, percent]) => percent === 100);
  return all === undefined ? `traffic to ${sayWeights(weights)}` : `all traffic to ${all[0]}`;
};

const unreachable = (action: never): never => {
  throw new Error(`action ${JSON.stringify(action)}`);
};
