import { divergence, logit, logNormalCdf, normalCdf } from './numerics.ts';
import { edgeOf, project } from './projection.ts';
import type { Edge, Rates } from './projection.ts';

/** How evidence grows: mean and variance per second, in nats. */
export type Growth = { readonly mean: number; readonly variance: number };

/** Requests per second of both arms. */
export type Traffic = { readonly canary: number; readonly baseline: number };

/** Growth of the evidence against the null on the other side of `edge` if `rates` are the truth (independent events). */
export const growthOf = (traffic: Traffic, rates: Rates, edge: Edge): Growth => {
  if (traffic.canary <= 0 || traffic.baseline <= 0) return { mean: 0, variance: 0 };
  const nearest = project(traffic.canary, traffic.baseline, rates, edge);
  const canarySlope = logit(rates.canary) - logit(nearest.canary);
  const baselineSlope = logit(rates.baseline) - logit(nearest.baseline);
  return {
    mean:
      traffic.canary * divergence(rates.canary, nearest.canary) +
      traffic.baseline * divergence(rates.baseline, nearest.baseline),
    variance:
      traffic.canary * rates.canary * canarySlope ** 2 +
      traffic.baseline * rates.baseline * baselineSlope ** 2,
  };
};

/** Whether `rates` lie beyond the edge (worse than what it allows). */
export const isBeyond = (rates: Rates, edge: Edge): boolean => rates.canary > edgeOf(edge, rates.baseline);

/** Chance that evidence with drift and spread like `growth` reaches `needed` nats within `seconds`, at any time. */
export const chanceToReach = (growth: Growth, needed: number, seconds: number): number => {
  const { mean, variance } = growth;
  if (seconds <= 0 || mean <= 0 || variance <= 0) return 0;
  const spread = Math.sqrt(variance * seconds);
  const returned = (2 * mean * needed) / variance + logNormalCdf(-(mean * seconds + needed) / spread);
  return Math.min(1, normalCdf((mean * seconds - needed) / spread) + Math.exp(Math.min(0, returned)));
};

/** Chance that the evidence stands at `needed` nats or more at second `seconds`. */
export const chanceToStand = (growth: Growth, needed: number, seconds: number): number => {
  const { mean, variance } = growth;
  if (seconds <= 0 || mean <= 0 || variance <= 0) return 0;
  return normalCdf((mean * seconds - needed) / Math.sqrt(variance * seconds));
};
