import type { Portion } from './rolling-block.ts';

/** How many instances of each version run once a batch is done. */
export type Batch = { readonly fresh: number; readonly old: number };

export type BatchLimits = {
  /** Instances of the old version, and at the end of the new one. */
  readonly total: number;
  /** Instances of the old version that are to stay. */
  readonly held: number;
  readonly maxUnavailable: Portion;
  readonly maxSurge: Portion;
};

/**
 * The batches from `begin` to nothing but what is held of the old version: at no time are there more than `total` +
 * surge instances, or fewer than `total` − unavailable that are ready, and some are ready always. Shares are rounded as
 * Kubernetes does it, surge up, unavailable down; where neither leaves room for a first instance, it runs beyond them.
 */
export const batchesOf = (begin: Batch, limits: BatchLimits): readonly Batch[] => {
  const { total, held } = limits;
  const surge = amount(limits.maxSurge, total, Math.ceil);
  const unavailable = amount(limits.maxUnavailable, total, Math.floor);
  const batches: Batch[] = [];
  for (let at = begin; ;) {
    const fresh = Math.min(total, Math.max(at.fresh, total + surge - at.old));
    const least = Math.max(held, fresh === 0 ? 1 : 0, total - unavailable - fresh);
    const old = Math.min(at.old, least);
    const moves = fresh !== at.fresh || old !== at.old;
    if (!moves && at.old <= held) return batches;
    at = moves ? { fresh, old } : { fresh: at.fresh + 1, old };
    batches.push(at);
  }
};

const amount = (portion: Portion, total: number, round: (instances: number) => number): number => {
  if ('instances' in portion) return portion.instances;
  // 0.07 × 100 is 7.000000000000001 in floating point.
  return round(Number((portion.share * total).toFixed(6)));
};
