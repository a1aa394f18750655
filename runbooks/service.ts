import { z } from 'zod';
import { refuseWrongOrder } from './order.ts';
import { approvalSchema } from './approval.ts';
import { artifactSchema, refuseImageOnPractice } from './artifact.ts';
import { flagsSchema } from './flags.ts';
import { freezeSchema } from './freeze-block.ts';
import { gatesSchema } from './gates.ts';
import { migrationsSchema } from './migrations.ts';
import { freeText, name } from './names.ts';
import { pageSchema } from './paging/page-block.ts';
import { slackSchema } from './slack-block.ts';
import type { smokeSchema } from './smoke.ts';
import { smokeFlowSchema } from './smoke.ts';
import { stuckSchema } from './stuck.ts';
import { chosenStrategy, placingOf, strategySchema } from './strategies/strategy-block.ts';
import { targetSchema } from './targets/target-block.ts';
import { refuseWhatTargetCanNot } from './targets/target-fit.ts';
import { duration, sayDuration } from './units.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Commands that groups of people may be allowed; `view` is everybody's. */
export const accessVerbs = [
  'deploy',
  'hold',
  'resume',
  'promote',
  'abort',
  'rollback',
  'answer',
  'override',
] as const;
export type AccessVerb = (typeof accessVerbs)[number];

const accessSchema = z
  .partialRecord(z.enum(accessVerbs), z.array(name).min(1).max(50))
  .describe(
    'who may say what: groups per verb; without a row the operator alone, but abort is open to everybody',
  );

const environmentSchema = z
  .strictObject({
    after: name.optional().describe('environment in which the same digest must have succeeded first'),
    target: targetSchema,
    strategy: strategySchema,
    approval: approvalSchema.optional(),
    smoke: smokeFlowSchema
      .prefault([{ http: { path: '/healthz' } }])
      .describe('requests that the new version must answer before it gets traffic; [] for none'),
    gates: gatesSchema,
    migrations: migrationsSchema.optional(),
    rollback: z
      .strictObject({
        keepWarm: duration(0, 7 * day)
          .prefault('1h')
          .describe('how long the old version stays ready after promotion'),
        verify: duration(second, day)
          .prefault('5m')
          .describe('how long recovery may take before it is "not the release"'),
        rehearsed: duration(hour, 366 * day)
          .optional()
          .describe('a deploy is refused unless the way back was gone and verified within this time'),
      })
      .prefault({})
      .describe('the way back'),
    onNewer: z
      .enum(['refuse', 'queue', 'supersede'])
      .default('refuse')
      .describe(
        'a deploy that is asked for while another one runs: refused, waits for its success, or takes its place',
      ),
    held: duration(second, 30 * day)
      .prefault('24h')
      .describe('a hold or an unanswered question ends in the way back after this'),
    noData: duration(second, 7 * day)
      .prefault('30m')
      .describe('unanswered silence of the metrics ends in the way back after this'),
    stuck: stuckSchema,
    flags: flagsSchema.optional(),
    page: pageSchema.optional(),
    slack: slackSchema.optional(),
    freeze: freezeSchema.optional(),
  })
  .superRefine(refuseWhatTargetCanNot)
  .superRefine(({ stuck, page }, context) => {
    if (stuck.then !== 'page' || page !== undefined) return;
    context.addIssue({
      code: 'custom',
      path: ['stuck', 'then'],
      message: 'pages nobody: say whom by `page`, or let it be `rollback`',
    });
  })
  .superRefine(({ strategy, gates, flags }, context) => {
    const { name: chosen, block } = chosenStrategy(strategy);
    if (strategy['feature-flag'] !== undefined && flags === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['flags'],
        message: `must say where the flag ${strategy['feature-flag'].flag} is kept`,
      });
    }
    const placing = placingOf(strategy);
    const watches =
      chosen === 'feature-flag'
        ? [
            { path: [chosen, 'watch'], watch: block.watch },
            { path: [chosen, 'deploy', placing.name, 'watch'], watch: placing.block.watch },
          ]
        : [{ path: [chosen, 'watch'], watch: block.watch }];
    for (const { path, watch } of watches) {
      // A verdict needs two samples: a shorter watch would never pass.
      if (watch >= 2 * gates.every) continue;
      context.addIssue({
        code: 'custom',
        path: ['strategy', ...path],
        message: `must be at least twice gates.every (${sayDuration(gates.every)}), or no watch could ever pass`,
      });
    }
  });

/**
 * A service file: the whole contract between a team and Sluice. Source: docs/service-file.md.
 * Input is what YAML gives; output has durations in ms and shares as fractions, defaults filled in.
 */
export const serviceFileSchema = z
  .strictObject({
    apiVersion: z.literal('sluice/v1').describe('version of this format'),
    service: name.describe('name of the service'),
    description: freeText.optional().describe('a sentence for people'),
    owners: z.array(name).min(1).max(20).describe('groups: on the playbook and on pages'),
    artifact: artifactSchema,
    environments: z
      .record(name, environmentSchema)
      .refine((all) => Object.keys(all).length > 0, 'must declare at least one environment')
      .refine((all) => Object.keys(all).length <= 20, 'must not declare more than 20 environments')
      .describe('by name, such as production'),
    access: accessSchema.prefault({}),
  })
  .superRefine(refuseImageOnPractice)
  .superRefine(refuseWrongOrder);

export type ServiceFile = z.output<typeof serviceFileSchema>;
export type ServiceFileInput = z.input<typeof serviceFileSchema>;
export type EnvironmentBlock = z.output<typeof environmentSchema>;
export type SmokeCheck = z.output<typeof smokeSchema>;
export type AccessBlock = z.output<typeof accessSchema>;
