import { clamp, logit } from './numerics.ts';
import type { LatencyLimit } from './settings.ts';

/** A cumulative histogram: finite bounds in seconds, counts at each of them and, last, in total. */
export type Histogram = { readonly bounds: readonly number[]; readonly buckets: readonly number[] };

const total = (histogram: Histogram): number => histogram.buckets[histogram.bounds.length] ?? 0;

/** Requests slower than bound number `index`, and all requests. */
export const slowAt = (
  buckets: readonly number[],
  index: number,
): { readonly slow: number; readonly all: number } => {
  const all = buckets.at(-1) ?? 0;
  return { slow: all - (buckets[index] ?? 0), all };
};

const shareAt = (histogram: Histogram, index: number): number =>
  total(histogram) === 0 ? 0 : slowAt(histogram.buckets, index).slow / total(histogram);

const leastShare = 1e-5;

/** Interpolates the slow share on a scale of its own, linearly in `ln x` (extrapolates before the first bound). */
const interpolate = (
  histogram: Histogram,
  seconds: number,
  scale: (share: number) => number,
  back: (scaled: number) => number,
): number => {
  const { bounds } = histogram;
  const above = bounds.findIndex((bound) => bound >= seconds);
  const right = clamp(above < 0 ? bounds.length - 1 : above, 1, bounds.length - 1);
  const [x0, x1] = [Math.log(bounds[right - 1] ?? 1), Math.log(bounds[right] ?? 1)];
  const at = (index: number): number => scale(clamp(shareAt(histogram, index), leastShare, 1 - leastShare));
  const part = (Math.log(seconds) - x0) / (x1 - x0);
  return clamp(back(at(right - 1) + part * (at(right) - at(right - 1))), leastShare, 1);
};

/** Slow share at any `seconds`: `ln S` is taken to be linear in `ln x` between bounds. */
const shareBetween = (histogram: Histogram, seconds: number): number =>
  interpolate(histogram, seconds, Math.log, Math.exp);

/**
 * The slow share at bound `index` if all requests became slower by the factor `scale`. For plans: on the logit scale,
 * which follows the middle of a distribution better than the logarithm does.
 */
export const shareIfSlower = (histogram: Histogram, index: number, scale: number): number =>
  interpolate(histogram, (histogram.bounds[index] ?? 0) / scale, logit, (x) => 1 / (1 + Math.exp(-x)));

/**
 * By how much the slow share at bound `index` grows if all requests become slower by the fraction `slowdown`: a
 * tolerance given in time, translated through the baseline's own histogram. At least `least`.
 */
export const shareRatio = (histogram: Histogram, index: number, slowdown: number, least: number): number => {
  const bound = histogram.bounds[index] ?? 0;
  const share = Math.max(leastShare, shareAt(histogram, index));
  if (histogram.bounds.length < 2) return Math.max(least, 1 + slowdown);
  return clamp(shareBetween(histogram, bound / (1 + slowdown)) / share, least, 20);
};

/** Where tests look best: near the middle for a shift of everything, and out in the tail. */
const targets = [0.5, 0.25, 0.1, 0.05];
const farthest = 1.2;

/** Up to four bounds whose slow share is nearest the targets, each once. */
export const chooseBounds = (histogram: Histogram): readonly number[] => {
  const chosen: number[] = [];
  for (const target of targets) {
    let best: number | null = null;
    let nearest = farthest;
    for (const index of histogram.bounds.keys()) {
      const share = shareAt(histogram, index);
      if (share < 0.005 || share > 0.8 || chosen.includes(index)) continue;
      const distance = Math.abs(logit(share) - logit(target));
      if (distance <= nearest) [best, nearest] = [index, distance];
    }
    if (best !== null) chosen.push(best);
  }
  return chosen;
};

/** The smallest bound not below the limit; `null` where the histogram ends before it. */
export const boundOfLimit = (bounds: readonly number[], limit: LatencyLimit): number | null => {
  const index = bounds.findIndex((bound) => bound >= limit.seconds * (1 - 1e-9));
  return index < 0 ? null : index;
};

/** What people must be told before a rollout starts: limits, written at `place`, that the histogram has no bound for. */
export const limitWarnings = (
  bounds: readonly number[],
  limits: readonly LatencyLimit[],
  place = 'latency',
): readonly string[] =>
  limits.flatMap((limit) => {
    const name = `p${String(Number((limit.quantile * 100).toFixed(2)))}`;
    const index = boundOfLimit(bounds, limit);
    const bound = index === null ? null : (bounds[index] ?? null);
    const asked = `${String(Math.round(limit.seconds * 1000))} ms`;
    if (bound === null) {
      return [
        `${place}.${name}: the histogram ends below ${asked}, so the limit is not watched; add a bucket at ${asked}`,
      ];
    }
    if (bound <= limit.seconds * 1.2) return [];
    const used = `${String(Math.round(bound * 1000))} ms`;
    return [
      `${place}.${name}: no bucket bound within 20 % of ${asked}; ${used} is used instead; add a bucket at ${asked}`,
    ];
  });

/** A quantile read off the histogram, for people only: never tested. Seconds; `null` beyond the last bound. */
export const quantileOf = (histogram: Histogram, quantile: number): number | null => {
  const wanted = quantile * total(histogram);
  const index = histogram.bounds.findIndex((_, i) => (histogram.buckets[i] ?? 0) >= wanted);
  const upper = histogram.bounds[index];
  if (wanted <= 0 || upper === undefined) return null;
  const lower = histogram.bounds[index - 1] ?? 0;
  const below = histogram.buckets[index - 1] ?? 0;
  const inside = (histogram.buckets[index] ?? 0) - below;
  return lower + ((wanted - below) / inside) * (upper - lower);
};
