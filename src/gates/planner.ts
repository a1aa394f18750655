import { sampleCap } from './evidence.ts';
import { chanceToReach, chanceToStand, growthFor, growthOf, isBeyond } from './growth.ts';
import type { Events, Growth } from './growth.ts';
import { timesOdds } from './numerics.ts';
import { edgeOf } from './projection.ts';
import type { Edge } from './projection.ts';
import { beta, logKappa } from './weights.ts';

/** What a watch will see: what the planner computes from. Rates are shares of requests, lengths seconds. */
export type Outlook = {
  /** Requests per second of both versions together. */
  readonly requestsPerSecond: number;
  /** The canary's share of them. */
  readonly share: number;
  /** Usual failure rate of the baseline. */
  readonly rate: number;
  /** Overdispersion of the baseline's errors. */
  readonly phi: number;
  /** Length of a sample. */
  readonly everySeconds: number;
  readonly budget: number;
  /** The test's share of the budget. */
  readonly weight: number;
  /** What is tolerated, and the smallest multiple of its odds that the test looks for. */
  readonly edge: Edge;
  readonly smallestOdds: number;
  readonly events: Events;
  /** Points that a pass must exclude. */
  readonly harm: number;
};

const none: Edge = { ratio: 1, margin: 0 };

const arms = (outlook: Outlook) => ({
  canary: outlook.requestsPerSecond * outlook.share,
  baseline: outlook.requestsPerSecond * (1 - outlook.share),
});

const tempered = (growth: Growth, phi: number, factor: number): Growth => ({
  mean: (factor * growth.mean) / phi,
  variance: growth.variance / phi,
});

/** Evidence that a rollback needs, in nats: the budget, the test's weight, the onset, the alternatives. */
export const neededEvidence = (outlook: Outlook): number =>
  -Math.log(outlook.budget) - Math.log(outlook.weight) + Math.log(2) + Math.log(4);

const capOf = (outlook: Outlook): number => {
  const { canary, baseline } = arms(outlook);
  return sampleCap(canary, baseline, outlook.everySeconds, outlook.budget);
};

/** The shortest time in which the cap per sample lets a rollback happen. */
export const shortestSeconds = (outlook: Outlook): number =>
  Math.ceil(neededEvidence(outlook) / capOf(outlook)) * outlook.everySeconds;

const chanceOfKey = (
  outlook: Outlook,
  canaryRate: number,
  edge: Edge,
  needed: number,
  seconds: number,
): number => {
  const rates = { canary: canaryRate, baseline: outlook.rate };
  if (!isBeyond(rates, edge)) return 0;
  // A rise smaller than the smallest one looked for is seen through that one, and grows the evidence more slowly.
  const smallest = timesOdds(Math.min(0.95, edgeOf(outlook.edge, outlook.rate)), outlook.smallestOdds);
  const alternative = { canary: Math.max(canaryRate, smallest), baseline: outlook.rate };
  const growth = tempered(
    growthFor(arms(outlook), rates, alternative, edge, outlook.events),
    outlook.phi,
    0.97,
  );
  return chanceToReach(growth, needed, seconds);
};

/** Chance that a canary failing at `canaryRate` is rolled back within `seconds`. */
export const chanceOfRollback = (outlook: Outlook, canaryRate: number, seconds: number): number => {
  if (seconds < shortestSeconds(outlook)) return 0;
  const needed = neededEvidence(outlook);
  const useful = seconds - outlook.everySeconds / 2;
  return Math.min(
    chanceOfKey(outlook, canaryRate, none, needed, useful),
    chanceOfKey(outlook, canaryRate, outlook.edge, needed - logKappa(outlook.budget), useful),
  );
};

/** Smallest `x` in `[low, high]` for which `holds`, to a relative 1e-6; `null` where it holds for none. */
export const smallestWhere = (low: number, high: number, holds: (x: number) => boolean): number | null => {
  if (!holds(high)) return null;
  let below = low;
  let above = high;
  while (above - below > 1e-6 * above) {
    const middle = (below + above) / 2;
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
};

/** Smallest failure rate of the canary that a watch of `seconds` finds 4 times in 5; `null`: not even 99.9 %. */
export const smallestFound = (outlook: Outlook, seconds: number): number | null =>
  smallestWhere(outlook.rate, 0.999, (rate) => chanceOfRollback(outlook, rate, seconds) >= 0.8);

/** A week: nobody plans a watch longer than this. */
const longest = 7 * 86_400;

/** Seconds until half of all canaries failing at `canaryRate` are rolled back; `null` where that takes over a week. */
export const medianSeconds = (outlook: Outlook, canaryRate: number): number | null =>
  smallestWhere(0, longest, (seconds) => chanceOfRollback(outlook, canaryRate, seconds) >= 0.5);

/** Chance that a canary as good as the baseline is shown to be so within `seconds`. */
export const chanceOfProof = (outlook: Outlook, seconds: number): number => {
  const rates = { canary: outlook.rate, baseline: outlook.rate };
  const growth = growthOf(arms(outlook), rates, { ratio: 1, margin: outlook.harm });
  const needed = Math.log(2) - Math.log(beta);
  return chanceToStand(tempered(growth, outlook.phi, 1), needed, seconds);
};

/** Seconds until `harm` is excluded 4 times in 5; `null` where that takes over a week. */
export const proofSeconds = (outlook: Outlook): number | null =>
  smallestWhere(0, longest, (seconds) => chanceOfProof(outlook, seconds) >= 0.8);
