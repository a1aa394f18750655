/** A share with its 95 % Wilson interval: what a simulation of `n` watches can say. */
export type Estimate = { readonly share: number; readonly low: number; readonly high: number };

const z = 1.959964;

export const wilson = (hits: number, n: number): Estimate => {
  const share = hits / n;
  const middle = share + (z * z) / (2 * n);
  const spread = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return {
    share,
    low: hits === 0 ? 0 : (middle - spread) / scale,
    high: hits === n ? 1 : (middle + spread) / scale,
  };
};

/** The quantile `q` of times of which some are infinite, with the 95 % interval that order statistics give. */
export const quantileOf = (
  times: readonly number[],
  q: number,
): { readonly at: number; readonly low: number; readonly high: number } => {
  const sorted = [...times].sort((a, b) => a - b);
  const n = sorted.length;
  const spread = z * Math.sqrt(n * q * (1 - q));
  const pick = (rank: number): number =>
    sorted[Math.max(0, Math.min(n - 1, Math.ceil(rank) - 1))] ?? Number.POSITIVE_INFINITY;
  return { at: pick(n * q), low: pick(n * q - spread), high: pick(n * q + spread + 1) };
};
