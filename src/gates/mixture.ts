import { logAddExp, logOf, logSumExp, logZero } from './numerics.ts';
import type { Onset } from './onset.ts';
import type { Counts } from './projection.ts';

/** Canary events, canary requests, baseline events, baseline requests; summed over the rollout. */
export type Totals = readonly [number, number, number, number];

/** The likeliest onset under one alternative: `ln` of its evidence, its second, the totals at that moment. */
export type Mark = readonly [log: number, from: number, ...totals: Totals];

/**
 * Evidence over unknown onset and unknown size. `keys[k][j]`: `ln` of what was bet on alternative `j` and has grown
 * since, against null number `k`. Marks follow the first key.
 */
export type Mixture = {
  readonly keys: readonly (readonly number[])[];
  readonly marks: readonly Mark[];
  readonly totals: Totals;
};

const nothing: Totals = [0, 0, 0, 0];

/** A mixture of `size` alternatives that starts when `placed` of the bets are placed already. */
export const startMixture = (size: number, keys: number, placed: number, from: number): Mixture => {
  const start = logOf(placed);
  return {
    keys: Array.from({ length: keys }, () => Array.from({ length: size }, () => start)),
    marks: Array.from({ length: size }, () => [start, from, ...nothing] as const),
    totals: nothing,
  };
};

const bet = (key: readonly number[], logPlaced: number): readonly number[] =>
  logPlaced <= logZero ? key : key.map((log) => logAddExp(log, logPlaced));

export const addTotals = (totals: Totals, counts: Counts): Totals => [
  totals[0] + counts.canaryEvents,
  totals[1] + counts.canary,
  totals[2] + counts.baselineEvents,
  totals[3] + counts.baseline,
];

/**
 * One step: bets are placed, then everything placed grows by the sample's evidence (`evidence[k][j]` nats, tempered
 * and capped). `null` where no sample was closed or the test has no data in it: bets are placed, nothing grows.
 */
export const stepMixture = (
  mixture: Mixture,
  onset: Onset,
  evidence: readonly (readonly number[])[] | null,
  counts: Counts | null,
): Mixture => {
  const logPlaced = logOf(onset.placed);
  const marks = mixture.marks.map((mark, j): Mark => {
    const grown = evidence?.[0]?.[j] ?? 0;
    if (logPlaced > mark[0]) return [logPlaced + grown, onset.from, ...mixture.totals];
    return grown === 0 ? mark : [mark[0] + grown, mark[1], mark[2], mark[3], mark[4], mark[5]];
  });
  return {
    keys: mixture.keys.map((key, k) => {
      const placed = bet(key, logPlaced);
      const grown = evidence?.[k];
      return grown === undefined ? placed : placed.map((log, j) => log + (grown[j] ?? 0));
    }),
    marks,
    totals: counts === null ? mixture.totals : addTotals(mixture.totals, counts),
  };
};

/** `ln E` against null number `key`. */
export const mixtureEvidence = (
  mixture: Mixture,
  key: number,
  weights: readonly number[],
  left: number,
): number => {
  const logs = mixture.keys[key] ?? [];
  const terms = logs.map((log, j) => log + logOf(weights[j] ?? 0));
  terms.push(logOf(left));
  return logSumExp(terms);
};

/** Since when the evidence speaks, and the counts from then on. */
export type Since = { readonly from: number; readonly counts: Counts };

/** The onset with the largest share of the evidence. */
export const likeliestOnset = (mixture: Mixture, weights: readonly number[]): Since => {
  let best: Mark = [logZero, 0, ...nothing];
  let top = 2 * logZero;
  mixture.marks.forEach((mark, j) => {
    const share = mark[0] + logOf(weights[j] ?? 0);
    if (share > top) [best, top] = [mark, share];
  });
  const [canaryEvents, canary, baselineEvents, baseline] = mixture.totals;
  return {
    from: best[1],
    counts: {
      canaryEvents: canaryEvents - best[2],
      canary: canary - best[3],
      baselineEvents: baselineEvents - best[4],
      baseline: baseline - best[5],
    },
  };
};
