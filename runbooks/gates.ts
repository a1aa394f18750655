import { z } from 'zod';
import { customMetricSchema } from './custom-metric.ts';
import { queryComplaints } from './gate-queries.ts';
import { gateSourceSchema } from './gate-source.ts';
import { freeText, name, plainText } from './names.ts';
import { duration, percentage, writePercent } from './units.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const query = plainText(4000);

const objective = percentage(0.5, 0.99999);

/** As the file would say it: the objective's budget so many times, at most `most`. */
const budgets = (slo: number, times: number, most: number): string =>
  writePercent(Math.min(most, times * (1 - slo)));

/** What an objective stands for is written out, unless it is given; anything else is left for the schema to judge. */
export const withObjective = (block: unknown): unknown => {
  if (typeof block !== 'object' || block === null || !('slo' in block)) return block;
  const slo = objective.safeParse(block.slo);
  if (!slo.success) return block;
  return {
    margin: budgets(slo.data, 1, 0.9),
    harm: budgets(slo.data, 5, 0.5),
    max: budgets(slo.data, 10, 0.95),
    ...block,
  };
};

const errorsSchema = z
  .preprocess(
    withObjective,
    z.strictObject({
      total: query.optional().describe('counter of all requests, without probes; $version is filled in'),
      bad: query.optional().describe('counter of those that failed; $version is filled in'),
      slo: objective
        .optional()
        .describe(
          'objective: sets margin to its budget, harm to five and max to ten times that, unless given',
        ),
      max: percentage(0.000001, 1)
        .prefault('1%')
        .describe('limit that a release may not surely exceed while worse than the old version'),
      margin: percentage(0, 0.9)
        .prefault('0.2%')
        .describe('rise over the old version, in points, that is not worth a rollback'),
      harm: percentage(0.000001, 0.5)
        .prefault('1%')
        .describe('rise over the old version, in points, that a pass must exclude'),
    }),
  )
  .describe('share of the requests that fail; {} stands for the default limit');

const latencyLimit = duration(1, hour).optional();

const latencySchema = z
  .strictObject({
    histogram: query
      .optional()
      .describe('classic histogram of the durations in seconds, without _bucket; $version is filled in'),
    p50: latencyLimit.describe('limit that half of the requests must keep'),
    p95: latencyLimit.describe('limit that 95 % of the requests must keep; 300ms where no limit is given'),
    p99: latencyLimit.describe('limit that 99 % of the requests must keep'),
    margin: percentage(0, 5).prefault('10%').describe('slow-down that is not worth a rollback'),
  })
  .describe('how long the requests take; {} stands for the defaults');

const saturationSchema = z
  .strictObject({
    name: name.describe('name of the gauge, such as cpu, memory or queue'),
    query: query.optional().describe('what it is; $version is filled in'),
    max: z.number().min(0).optional().describe('limit that somebody wrote down'),
    margin: percentage(0, 5)
      .prefault('20%')
      .describe('increase over the old version that is not worth a rollback'),
    perRequest: z
      .boolean()
      .optional()
      .describe('compared per request; true for cpu, false for others unless given'),
  })
  .describe('a gauge');

const onInconclusiveSchema = z
  .strictObject({
    extend: duration(0, day)
      .prefault('15m')
      .describe('watch once more for this long before anybody is asked; 0s: never'),
    then: z
      .enum(['ask', 'rollback', 'promote'])
      .default('ask')
      .describe('what happens to a watch that could not tell'),
    because: freeText.min(1).optional().describe('why a release may go on unproven: needed for promote'),
  })
  .refine(({ then, because }) => then !== 'promote' || because !== undefined, {
    path: ['because'],
    message: 'must say why a release may go on unproven',
  })
  // The rule above for editors: a JSON Schema can't hold a function.
  .meta({
    anyOf: [
      { type: 'object', properties: { then: { enum: ['ask', 'rollback'] } } },
      { type: 'object', properties: { because: { type: 'string' } }, required: ['because'] },
    ],
  })
  .prefault({})
  .describe('what happens when the numbers do not suffice for an answer');

const blockSchema = z.strictObject({
  every: duration(200, minute).prefault('5s').describe('how often the metrics are read'),
  source: gateSourceSchema,
  budget: percentage(0.0001, 0.5)
    .prefault('1%')
    .describe('chance of a needless rollback, over the whole rollout'),
  errors: errorsSchema,
  latency: latencySchema.optional(),
  saturation: z.array(saturationSchema).max(20).optional().describe('gauges: CPU, memory, queues'),
  custom: z
    .array(customMetricSchema)
    .max(8)
    .optional()
    .describe('metrics of the service itself: shares of events, durations'),
  onInconclusive: onInconclusiveSchema,
  holdBack: percentage(0, 0.5)
    .optional()
    .describe(
      'share left on the old version during the last watch; 10 % for canary and feature-flag unless given, 0 % for others',
    ),
  warmUp: duration(0, hour)
    .prefault('30s')
    .describe('first stretch of the new version in which latency and gauges do not count'),
  history: duration(0, 6 * hour)
    .prefault('30m')
    .describe('how much of the past of the old version is learnt from'),
  window: z
    .enum(['warn', 'refuse'])
    .default('warn')
    .describe(
      'what happens to a deploy whose first watch is too short for this traffic; a hotfix is never refused',
    ),
});

/**
 * The `gates:` block of a service file: what every watch checks, and with which numbers. Output: durations in ms,
 * shares as fractions, defaults filled in. A latency without limits is held to 300 ms at p95.
 */
export const gatesSchema = blockSchema
  .superRefine((block, context) => {
    for (const { path, message } of queryComplaints(block)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  })
  .describe('the checks of every watch');

/** As the file has it: `holdBack` may be left to the strategy. */
export type GatesBlock = z.output<typeof gatesSchema>;

/** The gates of a runbook: what the file leaves to the strategy is decided. */
export type GatePolicy = Omit<GatesBlock, 'holdBack'> & { readonly holdBack: number };
