import type { Action, Group, TargetState, Weights } from '../../runbooks/runbook.ts';

/** What an action made of a target, or why the target refuses it. */
export type Outcome = { readonly state: TargetState } | { readonly refused: string };

const weightOf = (weights: Weights, version: string): number =>
  new Map(Object.entries(weights)).get(version) ?? 0;

const groupOf = (state: TargetState, version: string): Group | undefined =>
  state.groups.find((group) => group.version === version);

/** A group as a target starts it: ready at once, or never. */
export type Start = (version: string) => { readonly instances: number; readonly ready: number };

const startReady: Start = () => ({ instances: 2, ready: 2 });

/** As many as were asked for; they come up if the version does at all. */
const started = (
  counts: ReturnType<Start>,
  instances: number | undefined,
): { readonly instances: number; readonly ready: number } =>
  instances === undefined ? counts : { instances, ready: counts.ready > 0 ? instances : 0 };

const replaced = (state: TargetState, group: Group): TargetState => ({
  ...state,
  groups: [...state.groups.filter(({ version }) => version !== group.version), group],
});

const isLastHealthy = (state: TargetState, group: Group): boolean =>
  group.ready > 0 && !state.groups.some((other) => other !== group && other.ready > 0);

/**
 * A target as a pure function, with the rules of a real one: weights add up to 100 and go to ready groups; a version is
 * never replaced by another digest; what has traffic, is promoted or is the last healthy group is not retired.
 */
export const apply = (state: TargetState, action: Action, start: Start = startReady): Outcome => {
  switch (action.do) {
    case 'deploy': {
      const { version, digest } = action.release;
      const standing = groupOf(state, version);
      const counts = started(start(version), action.instances);
      if (standing === undefined) {
        return { state: { ...state, groups: [...state.groups, { version, digest, ...counts }] } };
      }
      if (standing.digest !== digest) return { refused: `${version} stands there with another digest` };
      return { state: replaced(state, { ...standing, ...counts }) };
    }
    case 'scale': {
      const standing = groupOf(state, action.version);
      if (standing === undefined) {
        return action.instances === 0 ? { state } : { refused: `${action.version} is not there` };
      }
      if (action.instances === 0 && action.downtime !== true) {
        if (weightOf(state.weights, action.version) > 0) return { refused: `${action.version} has traffic` };
        if (isLastHealthy(state, standing)) return { refused: `${action.version} is the last healthy group` };
      }
      return { state: replaced(state, { ...standing, ...started(start(action.version), action.instances) }) };
    }
    case 'flag':
      return { state };
    case 'shift': {
      const wanted = Object.entries(action.weights).filter(([, percent]) => percent > 0);
      const sum = wanted.reduce((total, [, percent]) => total + percent, 0);
      if (sum !== 100 || wanted.some(([, percent]) => !Number.isInteger(percent))) {
        return { refused: `weights ${JSON.stringify(action.weights)}` };
      }
      const dead = wanted.find(([version]) => (groupOf(state, version)?.ready ?? 0) === 0);
      if (dead !== undefined) return { refused: `${dead[0]} is not ready for traffic` };
      return { state: { ...state, weights: Object.fromEntries(wanted) } };
    }
    case 'promote':
      return groupOf(state, action.version) === undefined
        ? { refused: `${action.version} is not there` }
        : { state: { ...state, stable: action.version } };
    case 'retire': {
      const standing = groupOf(state, action.version);
      if (standing === undefined) return { state };
      if (weightOf(state.weights, action.version) > 0) return { refused: `${action.version} has traffic` };
      if (state.stable === action.version) return { refused: `${action.version} is promoted` };
      if (isLastHealthy(state, standing)) return { refused: `${action.version} is the last healthy group` };
      return { state: { ...state, groups: state.groups.filter((group) => group !== standing) } };
    }
    default:
      return action satisfies never;
  }
};

/** Every action in turn; throws with the place of the first one that is refused. */
export const applyAll = (state: TargetState, actions: readonly Action[], start?: Start): TargetState =>
  actions.reduce((before, action, i) => {
    const outcome = apply(before, action, start);
    if ('state' in outcome) return outcome.state;
    const found = JSON.stringify(before);
    throw new Error(
      `action ${String(i)} (${JSON.stringify(action)}) refused: ${outcome.refused}, in ${found}`,
    );
  }, state);

/** What a way back has to restore: traffic, promoted version, and which artifacts stand there. */
export const essence = ({ groups, weights, stable }: TargetState): unknown => ({
  groups: groups.map(({ version, digest }) => `${version} ${digest}`).sort(),
  weights: new Map(
    Object.entries(weights)
      .filter(([, percent]) => percent > 0)
      .sort(),
  ),
  stable,
});
