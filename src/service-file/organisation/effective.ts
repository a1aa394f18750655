import { dirname, resolve } from 'node:path';
import type { Breach } from '../../../runbooks/organisation/floors.ts';
import { breachesOf, withFloorsFilled } from '../../../runbooks/organisation/floors.ts';
import { inheritAll, withImplied } from '../../../runbooks/organisation/inherit.ts';
import type { Given, Tree } from '../../../runbooks/organisation/tree.ts';
import {
  at,
  isBranch,
  mapEnvironments,
  plain,
  treeOf,
  withStandards,
} from '../../../runbooks/organisation/tree.ts';
import { serviceFileSchema } from '../../../runbooks/service.ts';
import type { Document, OpenedDocument } from '../document.ts';
import type { Located, Parsed } from '../issues.ts';
import { sayFound, within } from '../issues.ts';
import type { Path } from '../path.ts';
import { locate, sayPath } from '../path.ts';
import type { Finding } from '../problems.ts';
import { mostProblems, placeOf } from '../problems.ts';
import { quoted, visible } from '../visible.ts';
import { unlistedIn } from './lists.ts';
import type { Organisation } from './read.ts';

/**
 * What of the organisation's file is held: everything for a deploy; for a way back what may be named alone, because a
 * floor never stops one; nothing for break-glass.
 */
export type Holding = 'floors' | 'lists' | 'nothing';

/** A service file as it counts. `tree`: what it says and what it inherits, with where that was said. */
export type Effective = {
  readonly value: unknown;
  readonly tree: Tree;
  readonly find: Parsed['find'];
  readonly findings: readonly Finding[];
};

/** What a service file says together with what it inherits, and where that is not what the organisation allows. */
export const effectiveOf = (
  document: OpenedDocument,
  organisation: Organisation | null,
  holding: Holding,
): Effective => {
  const own = treeOf(document.value, { by: 'service', path: [] });
  if (organisation === null || !isBranch(own)) {
    return { value: document.value, tree: own, find: within(document.root), findings: [] };
  }
  const said = inheritAll(own, organisation.defaults);
  const full = whole(said);
  const held = holding === 'floors' ? floorsHeld(full, organisation.floors) : { tree: full, breaches: [] };
  // Where the file is wrong by itself, a floor in an empty place would only hide what is missing there.
  const filled = held.tree !== full && serviceFileSchema.safeParse(plain(said)).success;
  const tree = filled ? held.tree : full;
  const find = findIn(tree, document, organisation);
  const unlisted = holding === 'nothing' ? [] : unlistedIn(said, organisation.floors, whoseOf(own, document));
  return {
    value: plain(filled ? tree : said),
    tree,
    find,
    findings: [
      ...held.breaches.map((breach) => breachFinding(breach, find, organisation)),
      ...unlisted.slice(0, mostProblems).map(({ mention, path, message, allowed, list }) => ({
        ...find(path, mention.kind === 'variable' ? 'key' : 'value'),
        message: `${message}; found ${quoted(mention.text)}`,
        hint: `${sayAllowed(allowed)}; the list stands in ${sayGiven(list, organisation.document)}`,
      })),
    ],
  };
};

/** With what the product says where nobody else does. */
export const whole = (said: Tree): Tree =>
  withStandards(mapEnvironments(said, withImplied), serviceFileSchema);

/** A breach of an environment's floor, by its place in the whole file. */
export type PlacedBreach = Breach & { readonly path: Path };

const floorsHeld = (
  full: Tree,
  floors: Tree | undefined,
): { readonly tree: Tree; readonly breaches: readonly PlacedBreach[] } => {
  const breaches: PlacedBreach[] = [];
  let isFilled = false;
  const tree = mapEnvironments(full, (environment, name) => {
    // More of them than the schema takes are told there.
    const own = breaches.length > mostProblems ? [] : floorsOf(floors, name);
    const filled = withFloorsFilled(environment, own);
    isFilled ||= filled !== environment;
    breaches.push(
      ...own
        .flatMap((each) => breachesOf(filled, each))
        .map((breach) => ({ ...breach, path: ['environments', name, ...breach.path] })),
    );
    return filled;
  });
  return { tree: isFilled ? tree : full, breaches };
};

/** The floors that an environment of that name has to keep. */
export const floorsOf = (floors: Tree | undefined, name: string): readonly Tree[] =>
  [...new Set(['*', name])].flatMap((key) => at(floors, ['environments', key]) ?? []);

const whoseOf = (own: Tree, document: Document) => {
  const name = at(own, ['service']);
  const service = name === undefined ? '' : plain(name);
  // A name that is none is told by the schema; no list has a place for it.
  return {
    service: typeof service === 'string' ? service : '',
    folder: dirname(resolve(document.path)),
  };
};

/** Where something stands: in the service file, or in the organisation's where that was where it was said. */
const findIn =
  (tree: Tree, document: Document, organisation: Organisation): Parsed['find'] =>
  (path, of): Located => {
    let node: Tree | undefined = tree;
    let deepest = tree;
    let depth = 0;
    let asks: Given | null = null;
    for (const [i, key] of path.entries()) {
      node = isBranch(node) ? node.members.get(String(key)) : undefined;
      if (node === undefined) break;
      if (node.given.by === 'floors') asks = node.given;
      if (node.given.by === 'floors' || node.given.by === 'product') continue;
      deepest = node;
      depth = i + 1;
    }
    const place = [...deepest.given.path, ...path.slice(depth)];
    if (deepest.given.by === 'defaults') {
      const { document: theirs } = organisation;
      return { offset: locate(theirs.root, place, of), path: sayPath(place), in: theirs };
    }
    return {
      offset: locate(document.root, place, of),
      path: sayPath(path),
      ...(asks === null ? {} : { because: `${sayGiven(asks, organisation.document)} asks for it` }),
    };
  };

/** `services/sluice.yml:12`, for people. */
export const sayGiven = ({ path }: Given, { path: file, body, root }: Document): string =>
  `${visible(file)}:${String(placeOf(body, locate(root, path, 'key')).line)}`;

const sayAllowed = (allowed: readonly string[]): string =>
  allowed.length === 0
    ? 'none is allowed'
    : `allowed are ${allowed
        .slice(0, 10)
        .map((one) => quoted(one))
        .join(', ')}${allowed.length > 10 ? ', …' : ''}`;

/** It holds what the floor says, which may be anything where that file is wrong. */
export const sayDemand = (demand: string): string => visible(demand.slice(0, 300));

const breachFinding = (
  { path, found, demand, floor, given }: PlacedBreach,
  find: Parsed['find'],
  { document }: Organisation,
): Finding => {
  const { because: _because, ...located } = find(path, 'value');
  // An objective is said in one place and stands for limits that have places of their own.
  const by =
    given === null || given.path.at(-1) === path.at(-1)
      ? ''
      : `, which ${String(given.path.at(-1))} stands for`;
  const place = sayGiven(floor, document);
  const mend =
    given?.by === 'floors'
      ? `it is what another floor says: mend the floors, of which one stands in ${place}`
      : `tighten it, or leave it out: the floor stands in ${place}`;
  return {
    ...located,
    message: `${sayDemand(demand)}; ${found === undefined ? 'nothing stands there' : `found ${sayFound(found)}${by}`}`,
    hint: mend,
  };
};
