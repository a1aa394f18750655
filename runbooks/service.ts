import { z } from 'zod';
import { freeText, name } from './names.ts';
import { duration, percentage } from './units.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Commands that groups of people may be allowed; `view` is everybody's. */
export const accessVerbs = ['deploy', 'hold', 'resume', 'promote', 'abort', 'rollback', 'answer'] as const;
export type AccessVerb = (typeof accessVerbs)[number];

const accessSchema = z
  .partialRecord(z.enum(accessVerbs), z.array(name).min(1).max(50))
  .describe('who may say what: groups per verb; without a row the operator alone');

const smokeSchema = z.strictObject({
  http: z.strictObject({
    method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']).default('GET'),
    path: z
      .string()
      .regex(/^\/[^\s]*$/, 'must begin with a slash and hold no white space')
      .max(2000),
    json: z.json().optional(),
    expect: z
      .strictObject({
        status: z.int().min(100).max(599).default(200),
        body: z.string().min(1).max(2000).optional().describe('text that the body must contain'),
      })
      .prefault({}),
    within: duration(50, minute).prefault('2s'),
  }),
});

const stepsSchema = z
  .array(z.int().min(1).max(100))
  .min(1)
  .max(20)
  .refine(
    (steps) => steps.every((step, i) => i === 0 || step > (steps[i - 1] ?? 0)),
    'must rise from step to step',
  )
  .refine((steps) => steps.at(-1) === 100, 'must end with 100');

const gatesSchema = z.strictObject({
  every: duration(200, minute).prefault('5s').describe('how often the metrics are read'),
  source: z
    .strictObject({ practice: z.strictObject({}) })
    .prefault({ practice: {} })
    .describe('where the metrics come from'),
  errors: z.strictObject({
    max: percentage(0.000001, 1).prefault('1%').describe('limit a release may not surely exceed while worse'),
  }),
  onInconclusive: z
    .strictObject({
      extend: duration(second, day)
        .optional()
        .describe('watch once more for this long before anybody is asked'),
      then: z.enum(['ask', 'rollback']).default('ask'),
    })
    .prefault({}),
  holdBack: percentage(0, 0.5)
    .prefault('10%')
    .describe('share left on the old version during the last watch'),
});

const environmentSchema = z.strictObject({
  target: z.strictObject({ practice: z.strictObject({}) }),
  strategy: z.strictObject({
    canary: z.strictObject({
      steps: stepsSchema.prefault([10, 50, 100]),
      watch: duration(second, 7 * day).prefault('15m'),
      ready: duration(second, hour)
        .prefault('2m')
        .describe('how long a deployed version may take to become ready'),
    }),
  }),
  smoke: z
    .array(smokeSchema)
    .max(50)
    .prefault([{ http: { path: '/healthz' } }]),
  gates: gatesSchema,
  rollback: z
    .strictObject({
      keepWarm: duration(0, 7 * day)
        .prefault('1h')
        .describe('how long the old version stays ready after promotion'),
      verify: duration(second, day)
        .prefault('5m')
        .describe('how long recovery may take before it is "not the release"'),
    })
    .prefault({}),
  held: duration(second, 30 * day)
    .prefault('24h')
    .describe('a hold or an unanswered question ends in the way back after this'),
  noData: duration(second, 7 * day)
    .prefault('30m')
    .describe('unanswered silence of the metrics ends in the way back after this'),
});

/**
 * A service file: the whole contract between a team and Sluice. Source: docs/service-file.md.
 * Input is what YAML gives; output has durations in ms and shares as fractions, defaults filled in.
 */
export const serviceFileSchema = z.strictObject({
  apiVersion: z.literal('sluice/v1'),
  service: name,
  description: freeText.optional(),
  owners: z.array(name).min(1).max(20).describe('groups: on the playbook and on pages'),
  artifact: z.strictObject({
    manifests: z
      .string()
      .min(1)
      .max(500)
      .refine((path) => !path.includes('\u0000'), 'must be a path')
      .describe('folder with one <version>.json per release; relative to this file'),
  }),
  environments: z
    .record(name, environmentSchema)
    .refine((all) => Object.keys(all).length > 0, 'must declare at least one environment')
    .refine((all) => Object.keys(all).length <= 20, 'must not declare more than 20 environments'),
  access: accessSchema.prefault({}),
});

export type ServiceFile = z.output<typeof serviceFileSchema>;
export type ServiceFileInput = z.input<typeof serviceFileSchema>;
export type EnvironmentBlock = z.output<typeof environmentSchema>;
export type SmokeCheck = z.output<typeof smokeSchema>;
export type GatePolicy = z.output<typeof gatesSchema>;
export type AccessBlock = z.output<typeof accessSchema>;
export type CanaryStrategy = EnvironmentBlock['strategy']['canary'];
