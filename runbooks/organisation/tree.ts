import type { z } from 'zod';
import { facetsOf } from './facets.ts';

/** Keys and positions from the top of a document. */
export type Keys = readonly (string | number)[];

/** Who said something: the service file, the defaults or a floor of the organisation, or nobody but the product. */
export type Origin = 'service' | 'defaults' | 'floors' | 'product';

/** Where something was said: `path` is its place in that document; the product has none. */
export type Given = { readonly by: Origin; readonly path: Keys };

/** Something that was said, as YAML gives it. A list is one value: it is never put together from two files. */
export type Leaf = { readonly value: unknown; readonly given: Given };
export type Branch = { readonly members: ReadonlyMap<string, Tree>; readonly given: Given };

/** A file as it counts, in which everything knows where it was said. */
export type Tree = Leaf | Branch;

export const isBranch = (tree: Tree | undefined): tree is Branch => tree !== undefined && 'members' in tree;

export const treeOf = (value: unknown, given: Given): Tree => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { value, given };
  const members = Object.entries(value).map(([key, member]): [string, Tree] => [
    key,
    treeOf(member, { ...given, path: [...given.path, key] }),
  ]);
  return { members: new Map(members), given };
};

/** As YAML would have given it. */
export const plain = (tree: Tree): unknown =>
  isBranch(tree)
    ? Object.fromEntries([...tree.members].map(([key, member]) => [key, plain(member)]))
    : tree.value;

/** What stands at a path; `undefined` where nothing does. */
export const at = (tree: Tree | undefined, path: Keys): Tree | undefined =>
  path.reduce<Tree | undefined>(
    (found, key) => (isBranch(found) && typeof key === 'string' ? found.members.get(key) : undefined),
    tree,
  );

/** The tree with `leaf` at the path; mappings on the way that are missing are given by whoever gave the leaf. */
export const put = (tree: Tree | undefined, [key, ...rest]: Keys, leaf: Tree): Tree => {
  if (key === undefined) return leaf;
  const members = isBranch(tree) ? tree.members : new Map<string, Tree>();
  const given = isBranch(tree) ? tree.given : leaf.given;
  return { given, members: new Map([...members, [String(key), put(members.get(String(key)), rest, leaf)]]) };
};

/** The tree with each of its environments changed. */
export const mapEnvironments = (tree: Tree, change: (environment: Branch, name: string) => Tree): Tree => {
  const environments = at(tree, ['environments']);
  if (!isBranch(tree) || !isBranch(environments)) return tree;
  const changed = [...environments.members].map(([name, environment]): [string, Tree] => [
    name,
    isBranch(environment) ? change(environment, name) : environment,
  ]);
  const after: Tree = { ...environments, members: new Map(changed) };
  return { ...tree, members: new Map([...tree.members, ['environments', after]]) };
};

const product: Given = { by: 'product', path: [] };

/** The tree with the product's defaults in all the places of which nothing was said. */
export const withStandards = (tree: Tree, schema: z.core.$ZodType): Tree => {
  if (!isBranch(tree)) return tree;
  const { members, values } = facetsOf(schema);
  if (values !== null) {
    const filled = [...tree.members].map(([key, member]): [string, Tree] => [
      key,
      withStandards(member, values),
    ]);
    return { ...tree, members: new Map(filled) };
  }
  if (members === null) return tree;
  const said = new Map(tree.members);
  for (const [key, member] of Object.entries(members)) {
    const { standard } = facetsOf(member);
    const there = said.get(key) ?? (standard === undefined ? undefined : treeOf(standard, product));
    if (there !== undefined) said.set(key, withStandards(there, member));
  }
  return { ...tree, members: said };
};
