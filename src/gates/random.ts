/** A stream of uniform numbers in (0, 1), the same for the same seed on every machine. */
export type Uniform = () => number;

/** Mulberry32: 32 bits of state, enough for redraws and simulated traffic, not for secrets. */
export const uniformFrom = (seed: number): Uniform => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
};

/** By inversion from 0: exact, and fast while `n * p` is small. */
const byInversion = (uniform: Uniform, n: number, p: number): number => {
  const odds = p / (1 - p);
  let chance = Math.exp(n * Math.log1p(-p));
  let rest = uniform();
  let k = 0;
  while (rest > chance && k < n) {
    rest -= chance;
    k += 1;
    chance *= (odds * (n - k + 1)) / k;
  }
  return k;
};

/** `ln k!` minus Stirling's formula without its correction; exact for the small ones. */
const stirlingTail = (k: number): number => {
  if (k < 10) {
    let factorial = 1;
    for (let i = 2; i <= k; i += 1) factorial *= i;
    return Math.log(factorial) - (k + 0.5) * Math.log(k + 1) + (k + 1) - 0.5 * Math.log(2 * Math.PI);
  }
  const inverse = 1 / (k + 1);
  return (1 / 12 - (1 / 360 - (inverse * inverse) / 1260) * inverse * inverse) * inverse;
};

/** Hörmann's BTRS (1993), transformed rejection: constant time; for `p <= 0.5` and `n * p >= 10`. */
const byRejection = (uniform: Uniform, n: number, p: number): number => {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const c = n * p + 0.5;
  const alpha = (2.83 + 5.1 / b) * spread;
  const ratio = p / (1 - p);
  const mode = Math.floor((n + 1) * p);
  const atMode = stirlingTail(mode) + stirlingTail(n - mode);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + c);
    if (us >= 0.07 && v <= 0.92 - 4.2 / b) return k;
    if (k < 0 || k > n) continue;
    const left = Math.log((v * alpha) / (a / (us * us) + b));
    const right =
      (mode + 0.5) * Math.log((mode + 1) / (ratio * (n - mode + 1))) +
      (n + 1) * Math.log((n - mode + 1) / (n - k + 1)) +
      (k + 0.5) * Math.log((ratio * (n - k + 1)) / (k + 1)) +
      atMode -
      stirlingTail(k) -
      stirlingTail(n - k);
    if (left <= right) return k;
  }
};

/** How many of `n` independent tries succeed, each with chance `p`. */
export const binomial = (uniform: Uniform, n: number, p: number): number => {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(uniform, n, 1 - p);
  return n * p < 10 ? byInversion(uniform, n, p) : byRejection(uniform, n, p);
};
