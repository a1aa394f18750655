import { z } from 'zod';
import { queryComplaints } from './gate-queries.ts';
import { gateSourceSchema } from './gate-source.ts';
import { freeText, name, plainText } from './names.ts';
import { duration, percentage } from './units.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const query = plainText(4000);

/** An objective's budget, so many times; rounded, because 10 × (1 − 0.999) is 0.010000000000000009 in floating point. */
const budgets = (slo: number, times: number): number => Number((times * (1 - slo)).toPrecision(12));

const errorsSchema = z
  .strictObject({
    total: query.optional().describe('counter of all requests, without probes; $version is filled in'),
    bad: query.optional().describe('counter of those that failed; $version is filled in'),
    slo: percentage(0.5, 0.99999)
      .optional()
      .describe('objective: sets margin to its budget, harm to five and max to ten times that, unless given'),
    max: percentage(0.000001, 1)
      .optional()
      .describe('limit that a release may not surely exceed while worse than the old version')
      .meta({ default: '1%' }),
    margin: percentage(0, 0.9)
      .optional()
      .describe('rise over the old version, in points, that is not worth a rollback')
      .meta({ default: '0.2%' }),
    harm: percentage(0.000001, 0.5)
      .optional()
      .describe('rise over the old version, in points, that a pass must exclude')
      .meta({ default: '1%' }),
  })
  .transform(({ max, margin, harm, ...rest }) => {
    const { slo } = rest;
    const standard =
      slo === undefined
        ? { max: 0.01, margin: 0.002, harm: 0.01 }
        : { max: budgets(slo, 10), margin: budgets(slo, 1), harm: budgets(slo, 5) };
    return {
      ...rest,
      max: max ?? Math.min(0.95, standard.max),
      margin: margin ?? standard.margin,
      harm: harm ?? Math.min(0.5, standard.harm),
    };
  })
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
    margin: percentage(0, 5)
      .optional()
      .describe('slow-down that is not worth a rollback')
      .meta({ default: '10%' }),
  })
  .describe('how long the requests take; {} stands for the defaults');

const saturationSchema = z
  .strictObject({
    name: name.describe('name of the gauge, such as cpu, memory or queue'),
    query: query.optional().describe('what it is; $version is filled in'),
    max: z.number().min(0).optional().describe('limit that somebody wrote down'),
    margin: percentage(0, 5)
      .optional()
      .describe('increase over the old version that is not worth a rollback')
      .meta({ default: '20%' }),
    perRequest: z
      .boolean()
      .optional()
      .describe('compared per request; true for cpu, false for others unless given'),
  })
  .describe('a gauge');

const onInconclusiveSchema = z
  .strictObject({
    extend: duration(second, day)
      .optional()
      .describe('watch once more for this long before anybody is asked'),
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
  onInconclusive: onInconclusiveSchema,
  holdBack: percentage(0, 0.5)
    .prefault('10%')
    .describe('share left on the old version during the last watch'),
  warmUp: duration(0, hour)
    .optional()
    .describe('first stretch of the new version in which latency and gauges do not count')
    .meta({ default: '30s' }),
  history: duration(0, 6 * hour)
    .optional()
    .describe('how much of the past of the old version is learnt from')
    .meta({ default: '30m' }),
  window: z
    .enum(['warn', 'refuse'])
    .optional()
    .describe('what preflight does about a watch too short for this traffic; a hotfix is never refused')
    .meta({ default: 'warn' }),
});

/**
 * The `gates:` block of a service file: what every watch checks, and with which numbers. Output: durations in ms,
 * shares as fractions. `errors` has its numbers filled in; what is optional gets its default where the gate is made.
 */
export const gatesSchema = blockSchema
  .superRefine((block, context) => {
    for (const { path, message } of queryComplaints(block)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  })
  .describe('the checks of every watch');

export type GatePolicy = z.output<typeof gatesSchema>;
