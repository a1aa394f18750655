import { z } from 'zod';
import { name, plainText } from './names.ts';
import { duration, percentage } from './units.ts';

const query = plainText(4000).optional();
const limit = duration(1, 3_600_000).optional();

/**
 * A metric of the service's own beside errors and latency: a share (`total` and `bad`) or a histogram. What stands by
 * itself is a gauge, and belongs to `saturation`.
 */
export const customMetricSchema = z
  .strictObject({
    name: name.describe('name of the metric, such as payments or search'),
    total: query.describe('of a share: counter of all events; $version is filled in'),
    bad: query.describe('of a share: counter of those that went wrong; $version is filled in'),
    histogram: query.describe(
      'of durations: classic histogram in seconds, without _bucket; $version is filled in',
    ),
    max: percentage(0.000001, 1)
      .optional()
      .describe('of a share: limit that a release may not surely exceed while worse than the old version'),
    harm: percentage(0.000001, 0.5)
      .optional()
      .describe(
        'of a share: rise in points that a pass must exclude; nothing is asked of a pass unless given',
      ),
    p50: limit.describe('of durations: limit that half of them must keep'),
    p95: limit.describe('of durations: limit that 95 % of them must keep'),
    p99: limit.describe('of durations: limit that 99 % of them must keep'),
    margin: percentage(0, 5)
      .optional()
      .describe(
        'what is not worth a rollback: 0.2 % in points for a share, a slow-down of 10 % for durations, unless given',
      ),
  })
  // The rule below for editors: a JSON Schema can't hold a function.
  .meta({ anyOf: [{ required: ['total', 'bad'] }, { required: ['histogram'] }] })
  .describe('a share of events, or durations, judged beside those of the requests');

export type CustomMetric = z.output<typeof customMetricSchema>;

const ofShares = ['total', 'bad', 'max', 'harm'] as const;
const ofDurations = ['p50', 'p95', 'p99'] as const;

/** What is wrong with a custom metric as a whole; `path` is within it. */
export const customFaults = (
  metric: CustomMetric,
): readonly { readonly path: readonly string[]; readonly message: string }[] => {
  const { total, bad, histogram, margin = 0 } = metric;
  const given = (keys: readonly (keyof CustomMetric)[]) => keys.filter((key) => metric[key] !== undefined);
  if (histogram !== undefined)
    return given(ofShares).map((key) => ({
      path: [key],
      message: 'must not stand beside histogram: a metric is a share or durations, so make two of them',
    }));
  if (total === undefined && bad === undefined)
    return [
      {
        path: [],
        message: 'must have total and bad, or histogram; a value that stands by itself belongs to saturation',
      },
    ];
  const wide = margin > 0.9 ? [{ path: ['margin'], message: 'must be at most 90% for a share' }] : [];
  return [
    ...given(ofDurations).map((key) => ({ path: [key], message: 'must stand beside histogram' })),
    ...wide,
  ];
};
