import { z } from 'zod';
import { duration, percentage } from '../../runbooks/units.ts';
import { gateSettings } from './settings.ts';
import type { CustomOptions, GateSettings, LatencyOptions, ReleaseNames } from './settings.ts';

const day = 86_400_000;

/** As people write it (`"5s"`), or in ms as the parsed service file has it; seconds once parsed. */
const seconds = (minMs: number, maxMs: number) =>
  z.union([z.number().min(minMs).max(maxMs), duration(minMs, maxMs)]).transform((ms) => ms / 1000);

/** As people write it (`"0.2%"`), or the fraction that the parsed service file has. */
const share = (min: number, max: number) => z.union([z.number().min(min).max(max), percentage(min, max)]);

const latencyLimit = seconds(1, 3_600_000).optional();

/** Latency limits of the service file and the quantiles they are about. */
const quantiles = { p50: 0.5, p75: 0.75, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 } as const;
type QuantileName = keyof typeof quantiles;

const latencySchema = z.object({
  ...{ p50: latencyLimit, p75: latencyLimit, p90: latencyLimit },
  ...{ p95: latencyLimit, p99: latencyLimit, p999: latencyLimit },
  margin: share(0, 5).optional(),
});

/** A histogram's query is left in it: it is what tells durations from a share. */
const customSchema = z.object({
  name: z.string().min(1).max(200),
  histogram: z.string().optional(),
  max: share(0.000001, 0.95).nullable().optional(),
  harm: share(0.000001, 0.5).optional(),
  margin: share(0, 5).optional(),
  ...{ p50: latencyLimit, p75: latencyLimit, p90: latencyLimit },
  ...{ p95: latencyLimit, p99: latencyLimit, p999: latencyLimit },
});

/**
 * The `gates` block of a service file, as far as the gate itself needs it: where the numbers come from (`source`,
 * queries) is left aside, so that a recording can be run again without it.
 */
export const gatesBlockSchema = z.object({
  every: seconds(50, 3_600_000).optional(),
  errors: z
    .object({
      slo: share(0.000001, 0.999999).optional(),
      max: share(0.000001, 0.95).nullable().optional(),
      margin: share(0, 0.9).optional(),
      ratio: z.number().min(1).max(10).optional(),
      harm: share(0.000001, 0.5).optional(),
    })
    .nullable()
    .optional(),
  latency: latencySchema.nullable().optional(),
  saturation: z
    .array(
      z.object({
        name: z.string().min(1).max(200),
        max: z.number().nullable().optional(),
        margin: share(0, 10).optional(),
        perRequest: z.boolean().optional(),
      }),
    )
    .optional(),
  custom: z.array(customSchema).max(8).optional(),
  budget: share(0.000001, 0.5).optional(),
  onInconclusive: z
    .object({
      extend: seconds(0, 30 * day)
        .transform((length) => (length === 0 ? null : length))
        .nullable()
        .optional(),
      then: z.enum(['ask', 'rollback', 'promote']).optional(),
    })
    .optional(),
  holdBack: share(0, 0.5).optional(),
  warmUp: seconds(0, day).optional(),
  history: seconds(0, day).optional(),
});
export type GatesBlock = z.output<typeof gatesBlockSchema>;

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Members that are there: what is absent gets its default. */
export const defined = <T extends object>(members: T): Partial<Defined<T>> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<
    Defined<T>
  >;

const latencyOptions = (block: z.output<typeof latencySchema>): LatencyOptions => {
  const names = (Object.keys(quantiles) as QuantileName[]).filter((name) => block[name] !== undefined);
  const limits = names.flatMap((name) => {
    const limit = block[name];
    return limit === undefined ? [] : [{ quantile: quantiles[name], seconds: limit }];
  });
  return defined({ limits: limits.length === 0 ? undefined : limits, margin: block.margin });
};

const customOptions = (metric: z.output<typeof customSchema>): CustomOptions => {
  const { name, histogram, max, margin, harm } = metric;
  if (histogram !== undefined) return { name, latency: latencyOptions(metric) };
  return { name, errors: defined({ max: max ?? undefined, margin, harm }) };
};

/** Where and how long a gate of this block watches. */
export type WatchPlan = {
  readonly release: Omit<ReleaseNames, 'zeroMs'> & { readonly zeroMs?: number | null };
  readonly watchSeconds: number;
  readonly steps: readonly number[];
};

/**
 * The settings that a gates block means.
 * @throws GateSettingsError where they contradict themselves.
 */
export const settingsOfBlock = (
  block: GatesBlock,
  { release, watchSeconds, steps }: WatchPlan,
): GateSettings => {
  const { errors, latency, saturation, onInconclusive } = block;
  return gateSettings({
    ...{ release, watchSeconds, steps },
    ...defined({
      everySeconds: block.every,
      budget: block.budget,
      holdBack: block.holdBack,
      warmUpSeconds: block.warmUp,
      historySeconds: block.history,
      errors: errors === undefined || errors === null ? errors : defined(errors),
      latency: latency === undefined || latency === null ? latency : latencyOptions(latency),
      saturation: saturation?.map(({ name, ...rest }) => ({ name, ...defined(rest) })),
      custom: block.custom?.map(customOptions),
      onInconclusive:
        onInconclusive === undefined
          ? undefined
          : defined({ extendSeconds: onInconclusive.extend, then: onInconclusive.then }),
    }),
  });
};
