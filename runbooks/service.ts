import { z } from 'zod';
import { freeText, name, plainText } from './names.ts';
import { smokeSchema } from './smoke.ts';
import { duration, percentage, sayDuration } from './units.ts';

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

const stepsSchema = z
  .array(z.int().min(1).max(100))
  .min(1)
  .max(20)
  .refine(
    (steps) => steps.every((step, i) => i === 0 || step > (steps[i - 1] ?? 0)),
    'must rise from step to step, such as [10, 50, 100]',
  )
  .refine((steps) => steps.at(-1) === 100, 'must end with 100, such as [10, 50, 100]')
  .describe('percent of the traffic that the new version gets, step by step');

const canarySchema = z
  .strictObject({
    steps: stepsSchema.prefault([10, 50, 100]),
    watch: duration(second, 7 * day)
      .prefault('15m')
      .describe('how long each step is watched'),
    ready: duration(second, hour)
      .prefault('2m')
      .describe('how long a deployed version may take to become ready'),
  })
  .describe('deploy beside the old version, move traffic step by step, watch each step, then promote');

const gatesSchema = z
  .strictObject({
    every: duration(200, minute).prefault('5s').describe('how often the metrics are read'),
    source: z
      .strictObject({ practice: z.strictObject({}).describe('counters of the practice service') })
      .prefault({ practice: {} })
      .describe('where the metrics come from'),
    budget: percentage(0.0001, 0.5)
      .prefault('1%')
      .describe('chance of a needless rollback, over the whole rollout'),
    errors: z
      .strictObject({
        max: percentage(0.000001, 1)
          .prefault('1%')
          .describe('limit that a release may not surely exceed while worse than the old version'),
        margin: percentage(0, 0.9)
          .prefault('0.2%')
          .describe('rise over the old version, in points, that is not worth a rollback'),
        harm: percentage(0.000001, 0.5)
          .prefault('1%')
          .describe('rise over the old version, in points, that a pass must exclude'),
      })
      .describe('share of the requests that fail; {} stands for the default limit'),
    onInconclusive: z
      .strictObject({
        extend: duration(second, day)
          .optional()
          .describe('watch once more for this long before anybody is asked'),
        then: z
          .enum(['ask', 'rollback'])
          .default('ask')
          .describe('what happens to a watch that could not tell'),
      })
      .prefault({})
      .describe('what happens when the numbers do not suffice for an answer'),
    holdBack: percentage(0, 0.5)
      .prefault('10%')
      .describe('share left on the old version during the last watch'),
  })
  .describe('the checks of every watch');

const environmentSchema = z
  .strictObject({
    target: z
      .strictObject({ practice: z.strictObject({}).describe('the practice service of this machine') })
      .describe('where the service runs'),
    strategy: z.strictObject({ canary: canarySchema }).describe('how a new version takes over'),
    smoke: z
      .array(smokeSchema)
      .max(50)
      .prefault([{ http: { path: '/healthz' } }])
      .describe('requests that the new version must answer before it gets traffic; [] for none'),
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
      .prefault({})
      .describe('the way back'),
    held: duration(second, 30 * day)
      .prefault('24h')
      .describe('a hold or an unanswered question ends in the way back after this'),
    noData: duration(second, 7 * day)
      .prefault('30m')
      .describe('unanswered silence of the metrics ends in the way back after this'),
  })
  .superRefine(({ strategy, gates }, context) => {
    // A verdict needs two samples: a shorter watch would never pass.
    if (strategy.canary.watch >= 2 * gates.every) return;
    context.addIssue({
      code: 'custom',
      path: ['strategy', 'canary', 'watch'],
      message: `must be at least twice gates.every (${sayDuration(gates.every)}), or no watch could ever pass`,
    });
  });

/**
 * A service file: the whole contract between a team and Sluice. Source: docs/service-file.md.
 * Input is what YAML gives; output has durations in ms and shares as fractions, defaults filled in.
 */
export const serviceFileSchema = z.strictObject({
  apiVersion: z.literal('sluice/v1').describe('version of this format'),
  service: name.describe('name of the service'),
  description: freeText.optional().describe('a sentence for people'),
  owners: z.array(name).min(1).max(20).describe('groups: on the playbook and on pages'),
  artifact: z
    .strictObject({
      manifests: plainText(500).describe('folder with one VERSION.json per release; relative to this file'),
    })
    .describe('where releases come from'),
  environments: z
    .record(name, environmentSchema)
    .refine((all) => Object.keys(all).length > 0, 'must declare at least one environment')
    .refine((all) => Object.keys(all).length <= 20, 'must not declare more than 20 environments')
    .describe('by name, such as production'),
  access: accessSchema.prefault({}),
});

export type ServiceFile = z.output<typeof serviceFileSchema>;
export type ServiceFileInput = z.input<typeof serviceFileSchema>;
export type EnvironmentBlock = z.output<typeof environmentSchema>;
export type SmokeCheck = z.output<typeof smokeSchema>;
export type GatePolicy = z.output<typeof gatesSchema>;
export type AccessBlock = z.output<typeof accessSchema>;
export type CanaryStrategy = EnvironmentBlock['strategy']['canary'];
