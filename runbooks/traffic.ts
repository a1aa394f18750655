import type { Group, TargetState, Weights } from './runbook.ts';

/** Who has the traffic of a service. `unclear` carries what is wrong with what was observed. */
export type Traffic =
  | { readonly is: 'nothing' }
  | { readonly is: 'one'; readonly group: Group }
  | { readonly is: 'split'; readonly versions: readonly string[] }
  | { readonly is: 'unclear'; readonly sentence: string };

/** Weights without the versions that get nothing, in the order of their names. */
export const effectiveWeights = (weights: Weights): Weights =>
  Object.fromEntries(
    Object.entries(weights)
      .filter(([, percent]) => percent > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Names come from outside: `constructor` is a version like any other. */
export const weightOf = (weights: Weights, version: string): number =>
  Object.hasOwn(weights, version) ? (weights[version] ?? 0) : 0;

export const groupOf = (state: TargetState, version: string): Group | undefined =>
  state.groups.find((group) => group.version === version);

/** Every instance answers. */
export const isReady = (group: Group): boolean => group.instances > 0 && group.ready >= group.instances;

/** `1 instance`, `4 instances`. */
export const sayInstances = (count: number): string =>
  `${String(count)} ${count === 1 ? 'instance' : 'instances'}`;

/** `{ "2.0.4": 90, "2.1.0": 10 }` → `2.0.4 90 %, 2.1.0 10 %`. */
export const sayWeights = (weights: Weights): string => {
  const parts = Object.entries(effectiveWeights(weights)).map(([v, percent]) => `${v} ${String(percent)} %`);
  return parts.length === 0 ? 'no traffic' : parts.join(', ');
};

/** What the target says of the traffic, judged: one version with all of it, or the reason why it is not so. */
export const readTraffic = (state: TargetState): Traffic => {
  const weights = effectiveWeights(state.weights);
  const versions = Object.keys(weights);
  const [first] = versions;
  if (first === undefined) return { is: 'nothing' };
  const lost = versions.filter((version) => groupOf(state, version) === undefined);
  if (lost.length > 0) {
    return {
      is: 'unclear',
      sentence: `the target sends traffic to ${lost.join(', ')}, which it does not run`,
    };
  }
  if (versions.length > 1) return { is: 'split', versions };
  const group = groupOf(state, first);
  if (group === undefined || weightOf(weights, first) !== 100) {
    return { is: 'unclear', sentence: `the weights do not add up to 100 (${sayWeights(weights)})` };
  }
  return { is: 'one', group };
};
