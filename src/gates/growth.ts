import { divergence, logit, logNormalCdf, normalCdf } from './numerics.ts';
import { edgeOf, project } from './projection.ts';
import type { Edge, Rates } from './projection.ts';

/** How evidence grows: mean and variance per second, in nats. */
export type Growth = { readonly mean: number; readonly variance: number };

/** Requests per second of both arms. */
export type Traffic = { readonly canary: number; readonly baseline: number };

/** Rare events vary like their rate `p`, common ones (slow requests) by `p (1 - p)`. */
export type Events = 'rare' | 'common';

/**
 * Growth of the evidence for `alternative`, against the null on the other side of `edge`, if `rates` are the truth and
 * events independent. Negative where the truth is nearer to the null than to the alternative.
 */
export const growthFor = (
  traffic: Traffic,
  rates: Rates,
  alternative: Rates,
  edge: Edge,
  events: Events = 'rare',
): Growth => {
  if (traffic.canary <= 0 || traffic.baseline <= 0) return { mean: 0, variance: 0 };
  const nearest = project(traffic.canary, traffic.baseline, alternative, edge);
  const canarySlope = logit(alternative.canary) - logit(nearest.canary);
  const baselineSlope = logit(alternative.baseline) - logit(nearest.baseline);
  const gain = (rate: number, away: number, near: number): number =>
    divergence(rate, near) - divergence(rate, away);
  const spread = (rate: number): number => (events === 'rare' ? rate : rate * (1 - rate));
  return {
    mean:
      traffic.canary * gain(rates.canary, alternative.canary, nearest.canary) +
      traffic.baseline * gain(rates.baseline, alternative.baseline, nearest.baseline),
    variance:
      traffic.canary * spread(rates.canary) * canarySlope ** 2 +
      traffic.baseline * spread(rates.baseline) * baselineSlope ** 2,
  };
};

/** The same where the truth itself is the alternative: the fastest growth there is. */
export const growthOf = (traffic: Traffic, rates: Rates, edge: Edge): Growth =>
  growthFor(traffic, rates, rates, edge);

/** Whether `rates` lie beyond the edge (worse than what it allows). */
export const isBeyond = (rates: Rates, edge: Edge): boolean => rates.canary > edgeOf(edge, rates.baseline);

/** Chance that evidence with drift and spread like `growth` reaches `needed` nats within `seconds`, at any time. */
export const chanceToReach = (growth: Growth, needed: number, seconds: number): number => {
  const { mean, variance } = growth;
  if (seconds <= 0 || variance <= 0) return 0;
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
