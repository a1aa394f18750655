import { withObjective } from '../gates.ts';
import { standardHoldBack } from '../strategies/strategy-block.ts';
import type { Placing } from '../strategies/strategy-block.ts';
import { writePercent } from '../units.ts';
import { matches } from './patterns.ts';
import type { Branch, Given, Keys, Tree } from './tree.ts';
import { at, isBranch, mapEnvironments, plain, put, treeOf } from './tree.ts';

/** Mappings of which a file names one key: who names another one has chosen otherwise, and inherits nothing of it. */
export const choices: readonly string[] = [
  'environments.*.target',
  'environments.*.strategy',
  'environments.*.strategy.feature-flag.deploy',
  'environments.*.gates.source',
  'environments.*.flags',
];

/** Keys that exclude one another: who says one of a group inherits none of the other groups. */
const rivals: readonly { readonly in: string; readonly groups: readonly (readonly string[])[] }[] = [
  { in: 'artifact', groups: [['manifests'], ['image', 'platform', 'auth', 'tls', 'plainHttp']] },
  { in: 'artifact.auth', groups: [['bearer'], ['basic']] },
  { in: 'environments.*.gates.source.*.auth', groups: [['bearer'], ['basic']] },
  { in: 'environments.*.gates.source.scrape', groups: [['url'], ['urls']] },
  { in: 'environments.*.migrations', groups: [['sql'], ['command']] },
];

/** An objective stands for these: whoever says one has said them. */
const objectives = 'environments.*.gates.errors';
const ofObjective: readonly string[] = ['max', 'margin', 'harm'];

/**
 * What one file says, with what it inherits of another where it says nothing: mappings key by key, everything else as a
 * whole. `path` is where both stand in a service file.
 */
export const inherit = (over: Tree, under: Tree | undefined, path: Keys): Tree => {
  if (!isBranch(over) || !isBranch(under)) return over;
  const members = new Map<string, Tree>();
  for (const [key, member] of over.members)
    members.set(key, inherit(member, under.members.get(key), [...path, key]));
  for (const [key, member] of under.members)
    if (!members.has(key) && !isChosenAway(over, key, path)) members.set(key, member);
  return { ...over, members };
};

/**
 * A service file with the organisation's defaults. Its environments inherit what is said for theirs by name, then what is
 * said for all of them (`*`); one that it does not declare is not made.
 */
export const inheritAll = (service: Tree, defaults: Tree | undefined): Tree => {
  if (!isBranch(service) || !isBranch(defaults)) return service;
  const general = new Map([...defaults.members].filter(([key]) => key !== 'environments'));
  const whole = inherit(service, { ...defaults, members: general }, []);
  return mapEnvironments(whole, (environment, name) => {
    const path = ['environments', name];
    const everywhere = at(defaults, ['environments', '*']);
    const named = at(defaults, path);
    return inherit(environment, named === undefined ? everywhere : inherit(named, everywhere, path), path);
  });
};

const isChosenAway = ({ members }: Branch, key: string, path: Keys): boolean => {
  if (choices.some((pattern) => matches(path, pattern))) return members.size > 0;
  if (matches(path, objectives) && members.has('slo')) return ofObjective.includes(key);
  const groups = rivals.find((row) => matches(path, row.in))?.groups ?? [];
  const own = groups.find((group) => group.includes(key));
  return (
    own !== undefined && groups.some((group) => group !== own && group.some((other) => members.has(other)))
  );
};

/** What the product makes of an environment that no schema's default tells: written out, with where it comes from. */
export const withImplied = (environment: Tree): Tree =>
  [objectiveLimits, latencyLimit, holdBack].reduce((tree, imply) => imply(tree), environment);

const product: Given = { by: 'product', path: [] };

const objectiveLimits = (environment: Tree): Tree => {
  const errors = at(environment, ['gates', 'errors']);
  const slo = at(errors, ['slo']);
  if (errors === undefined || slo === undefined) return environment;
  const whole = treeOf(withObjective(plain(errors)), slo.given);
  return ofObjective.reduce<Tree>((tree, key) => {
    const limit = at(whole, [key]);
    const path = ['gates', 'errors', key];
    if (limit === undefined || at(tree, path) !== undefined) return tree;
    return put(tree, path, treeOf(plain(limit), slo.given));
  }, environment);
};

const latencyLimit = (environment: Tree): Tree => {
  const latency = at(environment, ['gates', 'latency']);
  if (!isBranch(latency) || ['p50', 'p95', 'p99'].some((key) => latency.members.has(key))) return environment;
  return put(environment, ['gates', 'latency', 'p95'], treeOf('300ms', product));
};

const holdBack = (environment: Tree): Tree => {
  if (!isBranch(at(environment, ['gates'])) || at(environment, ['gates', 'holdBack']) !== undefined)
    return environment;
  // The last one brings the code: of a flag's two, that is the one it names.
  const name = placingsOf(environment).at(-1)?.name;
  if (!isPlacing(name)) return environment;
  return put(environment, ['gates', 'holdBack'], treeOf(writePercent(standardHoldBack(name)), product));
};

const placings: Readonly<Record<Placing['name'], true>> = {
  recreate: true,
  rolling: true,
  'blue-green': true,
  canary: true,
};
const isPlacing = (name: string | undefined): name is Placing['name'] =>
  name !== undefined && Object.hasOwn(placings, name);

/** The strategies that an environment names, the flag's before the one that brings its code, with their places. */
export const placingsOf = (
  environment: Tree | undefined,
): readonly { readonly name: string; readonly path: Keys }[] => {
  const under = (path: Keys): readonly { readonly name: string; readonly path: Keys }[] => {
    const named = at(environment, path);
    return isBranch(named) ? [...named.members.keys()].map((name) => ({ name, path: [...path, name] })) : [];
  };
  return [...under(['strategy']), ...under(['strategy', 'feature-flag', 'deploy'])];
};
