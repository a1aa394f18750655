import { z } from 'zod';
import { duration } from '../../runbooks/units.ts';
import { gatesBlockSchema } from './gates-block.ts';

const count = z.number().min(0);
const values = z.record(z.string().max(200), z.number());

const latencySchema = z
  .strictObject({
    le: z
      .array(z.union([z.number().positive(), z.literal('+Inf')]))
      .min(1)
      .max(500),
    count: z.array(count).min(1).max(500),
  })
  .refine(({ le, count: counts }) => le.length === counts.length, 'needs one count per bound')
  .refine(({ le }) => le.at(-1) === '+Inf', 'must end with the bound "+Inf"');

const instanceSchema = z.strictObject({
  id: z.string().min(1).max(500),
  requests: count,
  errors: count,
  started: z.number().exactOptional(),
  restarts: count.exactOptional(),
  oomKills: count.exactOptional(),
  latency: latencySchema.exactOptional(),
  gauges: values.exactOptional(),
});

const armSchema = z.strictObject({
  at: z.number().exactOptional(),
  instances: z.array(instanceSchema).max(10_000),
  gauges: values.exactOptional(),
});

const readingSchema = armSchema
  .extend({ custom: z.record(z.string().max(200), armSchema.nullable()).exactOptional() })
  .nullable();

const eventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    t: z.number(),
    type: z.literal('watch-start'),
    seconds: z.number().positive().optional(),
  }),
  z.strictObject({
    t: z.number(),
    type: z.literal('watch-end'),
    why: z.literal('silence').exactOptional(),
  }),
  z.strictObject({ t: z.number(), type: z.literal('hold') }),
  z.strictObject({ t: z.number(), type: z.literal('resume') }),
  z.strictObject({ t: z.number(), type: z.literal('extend'), seconds: z.number().positive() }),
]);

const isOrdered = (items: readonly { readonly t: number }[]): boolean =>
  items.every((item, i) => i === 0 || item.t >= (items[i - 1]?.t ?? item.t));

const inOrder = 'must be in order of t';

/**
 * A recording of what a gate was shown. Times are seconds since the canary took traffic; counters are cumulative
 * since each instance's start; a reading of `null` failed. Events without `watch-start` leave the watches to the steps.
 */
export const recordingSchema = z.strictObject({
  format: z.literal('sluice-recording/1'),
  service: z.string().min(1).max(200),
  version: z.string().min(1).max(200),
  stable: z.string().min(1).max(200),
  /** When second 0 was, in ms since the epoch: only for the times of day in sentences. */
  zeroMs: z.number().optional(),
  gates: gatesBlockSchema,
  watch: duration(50, 30 * 86_400_000).transform((ms) => ms / 1000),
  steps: z
    .array(z.strictObject({ t: z.number(), share: z.number().min(0).max(1) }))
    .min(1)
    .max(50)
    .refine(isOrdered, inOrder),
  history: z
    .array(z.strictObject({ t: z.number(), baseline: readingSchema }))
    .max(1_000_000)
    .refine(isOrdered, inOrder),
  samples: z
    .array(z.strictObject({ t: z.number(), canary: readingSchema, baseline: readingSchema }))
    .max(1_000_000)
    .refine(isOrdered, inOrder),
  events: z.array(eventSchema).max(100_000).refine(isOrdered, inOrder).default([]),
});

export type Recording = z.output<typeof recordingSchema>;
export type RecordingInput = z.input<typeof recordingSchema>;
