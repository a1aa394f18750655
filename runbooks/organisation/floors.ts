import type { Demand } from './demands.ts';
import {
  everyWindow,
  fewest,
  largestShare,
  longest,
  noneBut,
  same,
  shortest,
  shortestList,
  smallestShare,
  strictest,
} from './demands.ts';
import { placingsOf } from './inherit.ts';
import type { Given, Keys, Tree } from './tree.ts';
import { at, isBranch, plain, put, treeOf } from './tree.ts';

type Row = {
  /** Its key below `floors.environments.NAME`. */
  readonly key: string;
  readonly demand: Demand;
  /** Places in an environment that have to keep it; the key's own unless given. */
  readonly places?: (environment: Tree) => readonly Keys[];
  /** A block without which there is nothing to hold. */
  readonly within?: string;
};

/** Every floor, with what it demands. A further one is a row here and a key in `environmentFloorsSchema`. */
const rows: readonly Row[] = [
  { key: 'after', demand: same },
  { key: 'strategy.watch', demand: shortest, places: (it) => watchesOf(it) },
  { key: 'approval.by', demand: noneBut },
  { key: 'approval.count', demand: fewest },
  { key: 'approval.expires', demand: longest, within: 'approval' },
  { key: 'approval.self', demand: strictest([true, false]), within: 'approval' },
  { key: 'smoke', demand: shortestList },
  { key: 'gates.every', demand: longest },
  { key: 'gates.budget', demand: smallestShare },
  { key: 'gates.errors.max', demand: largestShare },
  { key: 'gates.errors.margin', demand: largestShare },
  { key: 'gates.errors.harm', demand: largestShare },
  { key: 'gates.latency.p50', demand: longest },
  { key: 'gates.latency.p95', demand: longest },
  { key: 'gates.latency.p99', demand: longest },
  { key: 'gates.latency.margin', demand: largestShare, within: 'gates.latency' },
  { key: 'gates.onInconclusive.then', demand: strictest(['promote', 'ask', 'rollback']) },
  { key: 'gates.holdBack', demand: smallestShare },
  { key: 'gates.warmUp', demand: longest },
  { key: 'gates.window', demand: strictest(['warn', 'refuse']) },
  { key: 'migrations.contract', demand: strictest(['auto', 'ask']), within: 'migrations' },
  { key: 'migrations.sql.locks', demand: strictest(['warn', 'refuse']), within: 'migrations.sql' },
  { key: 'migrations.sql.lockTimeout', demand: longest, within: 'migrations.sql' },
  { key: 'rollback.keepWarm', demand: shortest },
  { key: 'rollback.verify', demand: longest },
  { key: 'rollback.rehearsed', demand: longest },
  { key: 'held', demand: longest },
  { key: 'noData', demand: longest },
  { key: 'stuck.after', demand: longest },
  { key: 'freeze.windows', demand: everyWindow },
];

/** Every key of a floor that is held, below `floors.environments.NAME`. */
export const floorKeys: readonly string[] = ['strategy.among', ...rows.map(({ key }) => key)];

const keysOf = (key: string): Keys => key.split('.');

const watchesOf = (environment: Tree): readonly Keys[] =>
  placingsOf(environment).map(({ path }) => [...path, 'watch']);

/** Where an environment is looser than a floor. */
export type Breach = {
  /** Place below the environment. */
  readonly path: Keys;
  /** Who said what is there; `null`: nothing is, and nothing stands for it. */
  readonly given: Given | null;
  readonly found: unknown;
  /** `must be at least 10m`. */
  readonly demand: string;
  /** Place of the floor in the organisation's file. */
  readonly floor: Given;
  /** What the floor itself says. */
  readonly wanted: unknown;
};

/**
 * Where an environment, its defaults written out, is looser than the floors say. `floors` is what stands under one name
 * in `floors.environments`, as YAML gave it.
 */
export const breachesOf = (environment: Tree, floors: Tree): readonly Breach[] => [
  ...strategyBreach(environment, floors),
  ...rows.flatMap((row): readonly Breach[] => {
    const floor = at(floors, keysOf(row.key));
    if (floor === undefined) return [];
    if (row.within !== undefined && !isBranch(at(environment, keysOf(row.within)))) return [];
    return (row.places?.(environment) ?? [keysOf(row.key)]).flatMap((path) => {
      const said = at(environment, path);
      const demand = row.demand(said === undefined ? undefined : plain(said), plain(floor));
      if (demand === null) return [];
      const found = said === undefined ? undefined : plain(said);
      return [{ path, given: said?.given ?? null, found, demand, floor: floor.given, wanted: plain(floor) }];
    });
  }),
];

const strategyBreach = (environment: Tree, floors: Tree): readonly Breach[] => {
  const among = at(floors, ['strategy', 'among']);
  if (among === undefined) return [];
  return placingsOf(environment).flatMap(({ name, path }) => {
    const demand = noneBut([name], plain(among));
    if (demand === null) return [];
    const given = at(environment, path)?.given ?? null;
    return [{ path, given, found: name, demand, floor: among.given, wanted: plain(among) }];
  });
};

/** A list of tests can not be made up; what the product or nobody said, the floor can say itself. */
const isFillable = ({ given, path }: Breach): boolean =>
  path.join('.') !== 'smoke' && (given === null || given.by === 'product' || given.by === 'floors');

/** Filling a block brings others of its keys into being, which have floors of their own. */
const mostRounds = 3;

/**
 * The environment with what the floors say where nobody said anything and the product's default would be looser. Of two
 * floors the stricter one counts.
 */
export const withFloorsFilled = (environment: Tree, floors: readonly Tree[]): Tree =>
  floors.reduce((tree, each) => {
    let filled = tree;
    for (let round = 0; round < mostRounds; round += 1) {
      const open = breachesOf(filled, each).filter(isFillable);
      if (open.length === 0) break;
      filled = open.reduce((so, { path, wanted, floor }) => put(so, path, treeOf(wanted, floor)), filled);
    }
    return filled;
  }, environment);
