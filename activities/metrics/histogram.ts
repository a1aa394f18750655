import type { InstanceReading } from '../../src/gates/reading.ts';

type Bucket = { readonly labels: Readonly<Record<string, string>>; readonly value: number };
type Latency = NonNullable<InstanceReading['latency']>;

/** `"+Inf"` and `"Inf"` are the last bound of every histogram; `null`: no bound. */
const boundOf = (le: string | undefined): number | null => {
  if (le === undefined || le === '') return null;
  if (/^\+?inf(?:inity)?$/i.test(le)) return Number.POSITIVE_INFINITY;
  const bound = Number(le);
  return Number.isFinite(bound) ? bound : null;
};

const histogramKey = ({ labels }: Bucket): string =>
  JSON.stringify(
    Object.entries(labels)
      .filter(([label]) => label !== 'le')
      .sort(),
  );

/**
 * The histograms of one instance (one per path, say) as one, in seconds: cumulative counts at the bounds that all of
 * them have. `null`: there is none with the bound +Inf, or no other positive bound is common.
 */
export const histogramOf = (buckets: readonly Bucket[]): Latency | null => {
  const histograms = new Set(buckets.map(histogramKey)).size;
  const sums = new Map<number, { readonly count: number; readonly of: number }>();
  for (const { labels, value } of buckets) {
    const bound = boundOf(labels['le']);
    if (bound === null || bound <= 0) continue;
    const { count, of } = sums.get(bound) ?? { count: 0, of: 0 };
    sums.set(bound, { count: count + value, of: of + 1 });
  }
  const common = [...sums].filter(([, { of }]) => of === histograms).sort(([a], [b]) => a - b);
  if (common.length < 2 || common.at(-1)?.[0] !== Number.POSITIVE_INFINITY) return null;
  return {
    le: common.map(([bound]) => (bound === Number.POSITIVE_INFINITY ? '+Inf' : bound)),
    count: common.map(([, { count }]) => count),
  };
};
