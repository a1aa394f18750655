/**
 * Stands for `ln 0` wherever a logarithm is kept: `-Infinity` would become `null` in JSON, and no evidence of a
 * rollout ever gets near it.
 */
export const logZero = -1e9;

/** Largest exponent that is ever taken: beyond it only "very large" matters, and JSON has no `Infinity`. */
const largestExponent = 300;

/** `e^x` with `x` clipped to ±300, so that the result is finite. */
export const expClipped = (x: number): number =>
  Math.exp(Math.max(-largestExponent, Math.min(largestExponent, x)));

/** `ln(e^a + e^b)` without leaving the logarithms. */
export const logAddExp = (a: number, b: number): number =>
  a >= b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));

/** `ln` of the sum of `e^x`; `logZero` for an empty list. */
export const logSumExp = (xs: readonly number[]): number => {
  let top = logZero;
  for (const x of xs) if (x > top) top = x;
  if (top <= logZero) return logZero;
  let sum = 0;
  for (const x of xs) sum += Math.exp(x - top);
  return top + Math.log(sum);
};

export const clamp = (x: number, low: number, high: number): number => Math.max(low, Math.min(high, x));

/** `ln x`, or `logZero` where `x` is not positive. */
export const logOf = (x: number): number => (x > 0 ? Math.log(x) : logZero);

export const logit = (p: number): number => Math.log(p / (1 - p));

/** Kullback-Leibler divergence of two Bernoulli rates, in nats. */
export const divergence = (p: number, q: number): number =>
  (p > 0 ? p * Math.log(p / q) : 0) + (p < 1 ? (1 - p) * Math.log((1 - p) / (1 - q)) : 0);

/** The rate whose odds are `multiple` times those of `p`. */
export const timesOdds = (p: number, multiple: number): number => {
  const odds = (multiple * p) / (1 - p);
  return odds / (1 + odds);
};

/**
 * `ln` of the normal distribution's upper tail, `ln P(Z > x)`. Continued fraction in the tail, where the
 * difference `1 - P` would have no digits left; absolute error below 1e-10.
 */
const logUpperTail = (x: number): number => {
  if (x < 0) return Math.log1p(-Math.exp(logUpperTail(-x)));
  // Mills' ratio: by its series below 3 (x + x^3/3 + x^5/15 + …), by its continued fraction above.
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let i = 1; i < 60 && term > 1e-17 * sum; i += 1) {
      term *= (x * x) / (2 * i + 1);
      sum += term;
    }
    return Math.log(0.5 - (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI));
  }
  let fraction = x;
  for (let i = 60; i >= 1; i -= 1) fraction = x + i / fraction;
  return (-x * x) / 2 - Math.log(fraction * Math.sqrt(2 * Math.PI));
};

/** `ln Phi(x)`, the logarithm of the standard normal distribution function. */
export const logNormalCdf = (x: number): number => logUpperTail(-x);

/** Standard normal distribution function. */
export const normalCdf = (x: number): number => Math.exp(logNormalCdf(x));
