import { clamp } from './numerics.ts';
import { binomial, uniformFrom } from './random.ts';

/** Requests and events between two readings of the history. */
export type Tick = { readonly requests: number; readonly events: number };

/** Assumed where nothing was read before the rollout. */
export const phiWithoutHistory = 2;

/** Assumed where the history holds too few events to tell. */
const usual = 1.25;
const usualWeight = 15;
const fewestPairs = 8;
const redraws = 8;
const seed = 20_250_301;

type Pair = {
  readonly first: number;
  readonly all: number;
  readonly share: number;
  readonly thinned: number;
};

/** Neighbouring ticks share their rate, so drift and shared outages cancel within a pair. */
const pairsOf = (ticks: readonly Tick[]): readonly Pair[] => {
  const pairs: Pair[] = [];
  for (let i = 0; i + 1 < ticks.length; i += 1) {
    const one = ticks[i];
    const two = ticks[i + 1];
    if (one === undefined || two === undefined) continue;
    const all = one.events + two.events;
    const requests = one.requests + two.requests;
    if (all === 0 || all >= requests || one.requests === 0 || two.requests === 0) continue;
    pairs.push({ first: one.events, all, share: one.requests / requests, thinned: 1 - all / requests });
  }
  return pairs;
};

const squared = (pair: Pair, first: number): number =>
  (first - pair.all * pair.share) ** 2 / (pair.all * pair.share * (1 - pair.share));

/** Mean without the largest 5 %, which are the edges of outages. */
const trimmed = (values: readonly number[]): { readonly mean: number; readonly kept: number } => {
  const sorted = [...values].sort((a, b) => a - b);
  const kept = sorted.slice(0, sorted.length - Math.floor(sorted.length * 0.05));
  return { mean: kept.reduce((sum, value) => sum + value, 0) / kept.length, kept: kept.length };
};

/**
 * How many requests hang together: the overdispersion of events from tick to tick, at least 1, at most 20. Exact in
 * its own mean because the same trimmed mean of independent redraws (fixed seed) is divided out.
 */
export const overdispersion = (ticks: readonly Tick[]): number => {
  if (ticks.length === 0) return phiWithoutHistory;
  const pairs = pairsOf(ticks);
  if (pairs.length < fewestPairs) return usual;
  const observed = trimmed(pairs.map((pair) => squared(pair, pair.first) / pair.thinned));
  const uniform = uniformFrom(seed);
  let expected = 0;
  for (let draw = 0; draw < redraws; draw += 1) {
    expected += trimmed(pairs.map((pair) => squared(pair, binomial(uniform, pair.all, pair.share)))).mean;
  }
  if (expected === 0) return usual;
  const kept = observed.kept;
  const cautious = (observed.mean / (expected / redraws)) * (1 + Math.sqrt(2 / kept));
  return clamp((cautious * kept + usual * usualWeight) / (kept + usualWeight), 1, 20);
};
