import type { Point } from '../api/schemas/answers.ts';

export type Arm = 'canary' | 'baseline';

/** What happened between two readings of one arm that told something. Seconds; counts are differences. */
type Stretch = {
  readonly from: number;
  readonly to: number;
  readonly requests: number;
  readonly errors: number;
};

const stretchesOf = (points: readonly Point[], arm: Arm): readonly Stretch[] => {
  const stretches: Stretch[] = [];
  let before: { readonly t: number; readonly requests: number; readonly errors: number } | null = null;
  for (const point of points) {
    const counts = point[arm];
    if (counts === null) continue;
    const { requests, errors } = counts;
    if (before !== null && point.t > before.t) {
      stretches.push({
        from: before.t,
        to: point.t,
        requests: requests - before.requests,
        errors: errors - before.errors,
      });
    }
    before = { t: point.t, requests, errors };
  }
  return stretches;
};

/**
 * The error rate (a fraction) in each of `cells` equal parts of `seconds`; `null` where nothing was asked or read. What
 * one reading tells of a longer stretch is spread evenly over it.
 */
export const ratesOf = (
  points: readonly Point[],
  arm: Arm,
  { seconds, cells }: { readonly seconds: number; readonly cells: number },
): readonly (number | null)[] => {
  const width = seconds / cells;
  const sums = Array.from({ length: cells }, () => ({ requests: 0, errors: 0 }));
  for (const { from, to, requests, errors } of stretchesOf(points, arm)) {
    const first = Math.max(0, Math.floor(from / width));
    const last = Math.min(cells - 1, Math.ceil(to / width) - 1);
    for (let i = first; i <= last; i += 1) {
      const overlap = Math.min(to, (i + 1) * width) - Math.max(from, i * width);
      const share = Math.max(0, overlap) / (to - from);
      const sum = sums[i];
      if (sum === undefined) continue;
      sum.requests += requests * share;
      sum.errors += errors * share;
    }
  }
  return sums.map(({ requests, errors }) => (requests > 1e-9 ? errors / requests : null));
};

/** The newest counts of an arm; `null`: nothing was read yet. */
export const newestOf = (points: readonly Point[], arm: Arm) =>
  points.findLast((point) => point[arm] !== null)?.[arm] ?? null;
