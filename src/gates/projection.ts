import { clamp } from './numerics.ts';

/** Failure (or slow) rates of both arms. */
export type Rates = { readonly canary: number; readonly baseline: number };

/** Requests and events (failed or slow ones) of both arms over one stretch of time. */
export type Counts = {
  readonly canaryEvents: number;
  readonly canary: number;
  readonly baselineEvents: number;
  readonly baseline: number;
};

/** The edge `canary = ratio * baseline + margin` of what is tolerated, or of what is harm. */
export type Edge = { readonly ratio: number; readonly margin: number };

export const edgeOf = (edge: Edge, baseline: number): number => edge.ratio * baseline + edge.margin;

const smallest = 1e-12;
const tolerance = 1e-13;

/** Where the projection lies if all rates are small: the positive root of a quadratic. */
const smallRateRoot = (nc: number, nb: number, alternative: Rates, edge: Edge): number => {
  const weight = edge.ratio * nc + nb;
  const a = edge.ratio * weight;
  const b = edge.margin * weight - edge.ratio * (nc * alternative.canary + nb * alternative.baseline);
  const c = -nb * alternative.baseline * edge.margin;
  const root = Math.sqrt(Math.max(0, b * b - 4 * a * c));
  return b > 0 ? (2 * c) / (-b - root) : (root - b) / (2 * a);
};

/** Newton's method between two ends that are drawn in; a step outside of them becomes a bisection. */
const refine = (
  nc: number,
  nb: number,
  alternative: Rates,
  edge: Edge,
  low: number,
  high: number,
): number => {
  const { ratio, margin } = edge;
  const pc = alternative.canary;
  const pb = alternative.baseline;
  let x = clamp(smallRateRoot(nc, nb, alternative, edge), low, high);
  for (let step = 0; step < 60; step += 1) {
    const c = ratio * x + margin;
    const cv = c * (1 - c);
    const xv = x * (1 - x);
    const value = (nc * ratio * (c - pc)) / cv + (nb * (x - pb)) / xv;
    if (value < 0) low = x;
    else high = x;
    const slope =
      (nc * ratio * ratio * (cv - (c - pc) * (1 - 2 * c))) / (cv * cv) +
      (nb * (xv - (x - pb) * (1 - 2 * x))) / (xv * xv);
    let next = x - value / slope;
    if (!(next >= low && next <= high)) next = (low + high) / 2;
    if (Math.abs(next - x) <= tolerance * x) return next;
    x = next;
  }
  return x;
};

/**
 * The point on the edge nearest to the alternative, by Kullback-Leibler divergence weighted with the requests of
 * each arm. Works from either side of the edge: the null may lie below it (a regression is looked for) or above
 * it (health is to be shown). Both arms must have requests.
 */
export const project = (nc: number, nb: number, alternative: Rates, edge: Edge): Rates => {
  const { ratio, margin } = edge;
  if (ratio === 1 && margin === 0) {
    const pooled = (nc * alternative.canary + nb * alternative.baseline) / (nc + nb);
    return { canary: pooled, baseline: pooled };
  }
  const onEdge = (alternative.canary - margin) / ratio;
  const top = (1 - smallest - margin) / ratio;
  const low = Math.max(smallest, Math.min(alternative.baseline, onEdge));
  const high = Math.min(top, Math.max(alternative.baseline, onEdge));
  const x = refine(nc, nb, alternative, edge, low, high);
  return { canary: ratio * x + margin, baseline: x };
};
