/** The tests whose evidence is spent from one budget. */
export const tests = [
  'errors_vs_baseline',
  'latency_vs_baseline',
  'errors_vs_limit',
  'on_fire',
  'latency_vs_limit',
  'gauges',
] as const;
export type TestName = (typeof tests)[number];

/** Shares of the budget. */
export const testWeights: Readonly<Record<TestName, number>> = {
  errors_vs_baseline: 0.45,
  latency_vs_baseline: 0.25,
  errors_vs_limit: 0.1,
  on_fire: 0.1,
  latency_vs_limit: 0.05,
  gauges: 0.05,
};

/** What a mixture is made of: alternatives as multiples of the odds of what is tolerated, and their weights. */
export type Alternatives = { readonly odds: readonly number[]; readonly weights: readonly number[] };

export const errorAlternatives: Alternatives = {
  odds: [1.5, 2.5, 5, 10, 30],
  weights: [0.1, 0.2, 0.3, 0.25, 0.15],
};
export const limitAlternatives: Alternatives = {
  odds: [1.5, 2.5, 5, 10, 30],
  weights: [0.2, 0.2, 0.2, 0.2, 0.2],
};
export const fireAlternatives: Alternatives = { odds: [3, 10, 100], weights: [1 / 3, 1 / 3, 1 / 3] };
export const latencyAlternatives: Alternatives = {
  odds: [1.25, 1.6, 2.5, 5, 12],
  weights: [0.2, 0.25, 0.25, 0.2, 0.1],
};
export const latencyLimitAlternatives: Alternatives = {
  odds: latencyAlternatives.odds,
  weights: [0.2, 0.2, 0.2, 0.2, 0.2],
};

/** What the on-fire test tolerates: three times the baseline and 20 points. */
export const fireEdge = { ratio: 3, margin: 0.2 } as const;

/** The second key may open wrongly in this share of cases: a release exactly at the edge of the tolerance. */
const secondKey = 0.1;

/** `ln kappa`: how much weaker the evidence beyond the tolerance may be than that for "worse at all". */
export const logKappa = (budget: number): number => Math.log(Math.max(1, secondKey / budget));

/** A pass needs evidence of health of at least `1/beta`. */
export const beta = 0.05;
