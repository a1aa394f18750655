import { z } from 'zod';
import { checkNames } from '../../../runbooks/checks/check.ts';
import type { Action, Runbook, Step } from '../../../runbooks/runbook.ts';
import { strategyNames } from '../../../runbooks/runbook.ts';
import type { GatePolicy } from '../../../runbooks/gates.ts';
import type { AccessBlock, SmokeCheck } from '../../../runbooks/service.ts';
import { block, kind, release } from './parts.ts';

const weights = z.record(z.string(), z.number()).describe('percent of the traffic per version');

const instances = z.int().describe('wanted number of instances');
const downtime = z.literal(true).describe('the last healthy instances may be taken away');

export const action: z.ZodType<Action> = z
  .discriminatedUnion('do', [
    z.object({ do: z.literal('deploy'), release, instances: instances.optional() }),
    z.object({ do: z.literal('shift'), weights }),
    z.object({ do: z.literal('promote'), version: z.string() }),
    z.object({ do: z.literal('retire'), version: z.string() }),
    z.object({ do: z.literal('scale'), version: z.string(), instances, downtime: downtime.optional() }),
    z.object({ do: z.literal('flag'), flag: z.string(), percent: z.number() }),
  ])
  .meta({ id: 'Action', description: 'one write to a target: the wanted state' });

const checks = z.array(block<SmokeCheck>('a smoke check of the service file'));
const every = {
  title: z.string(),
  back: z.array(action).describe('undoes the step, traffic first'),
};
const withinMs = z.number().describe('milliseconds');
const level = z.string().nullable().describe('the last migration that the release may count on');
const migrations = z.array(z.object({ name: z.string(), sha256: z.string() }));

const steps = {
  preflight: z.object({ kind: z.literal('preflight'), ...every, checks: z.array(z.string()) }),
  migrate: z.object({ kind: z.literal('migrate'), ...every, level, migrations, withinMs }),
  deploy: z.object({
    kind: z.literal('deploy'),
    ...every,
    release,
    instances: instances.optional(),
    withinMs,
  }),
  scale: z.object({
    kind: z.literal('scale'),
    ...every,
    release,
    instances,
    downtime: downtime.optional(),
    withinMs: withinMs.nullable(),
  }),
  release: z.object({ kind: z.literal('release'), ...every, flag: z.string(), percent: z.number() }),
  smoke: z.object({ kind: z.literal('smoke'), ...every, version: z.string(), checks }),
  shift: z.object({ kind: z.literal('shift'), ...every, percent: z.number(), weights }),
  watch: z.object({
    kind: z.literal('watch'),
    ...every,
    watch: z.int(),
    percent: z.number(),
    windowMs: z.number(),
    canary: z.string(),
    baseline: z.string().nullable().describe('null: no traffic is left on the old version'),
  }),
  promote: z.object({ kind: z.literal('promote'), ...every, release }),
  retire: z.object({ kind: z.literal('retire'), ...every, version: z.string() }),
  verify: z.object({ kind: z.literal('verify'), ...every, release, withinMs }),
} satisfies Record<Step['kind'], z.ZodType>;

export const stepKind: z.ZodType<Step['kind']> = z.enum([
  'preflight',
  'migrate',
  'deploy',
  'scale',
  'smoke',
  'shift',
  'release',
  'watch',
  'promote',
  'retire',
  'verify',
]);

const step: z.ZodType<Step> = z
  .discriminatedUnion('kind', [
    steps.preflight,
    steps.migrate,
    steps.deploy,
    steps.scale,
    steps.smoke,
    steps.shift,
    steps.release,
    steps.watch,
    steps.promote,
    steps.retire,
    steps.verify,
  ])
  .meta({ id: 'Step' });

export const runbook: z.ZodType<Runbook> = z
  .object({
    format: z.literal('sluice-runbook/1'),
    kind,
    service: z.string(),
    environment: z.string(),
    owners: z.array(z.string()),
    strategy: z.enum(strategyNames),
    from: release.nullable().describe('what ran before'),
    to: release,
    steps: z.array(step),
    verify: z.object({ withinMs, smoke: checks }),
    keep: z.object({
      retireNow: z.array(z.string()),
      warm: z.string().nullable(),
      keepWarmMs: z.number(),
      contract: z
        .object({
          migrations,
          level,
          by: z.enum(['ask', 'auto']),
          expiresMs: z.number(),
          withinMs,
        })
        .optional()
        .describe('what the database loses when the old version is gone'),
    }),
    migrations: z
      .object({ level, noReturn: z.string().nullable().describe('took away what `from` needs') })
      .optional(),
    approval: z
      .object({ by: z.array(z.string()), count: z.int(), expiresMs: z.number(), self: z.boolean() })
      .optional()
      .describe('who has to approve it before anything runs'),
    gates: block<GatePolicy>('the gates of the service file: shares as fractions, durations in ms'),
    waits: z.object({
      heldMs: z.number(),
      noDataMs: z.number(),
      stuck: z
        .object({ afterMs: z.number(), then: z.enum(['rollback', 'page']) })
        .optional()
        .describe('a step past its time, and what follows'),
    }),
    access: block<AccessBlock>('groups per verb'),
    overrides: z.array(z.enum(checkNames)).exactOptional().describe('checks that are passed over'),
  })
  .meta({ id: 'Runbook', description: 'the frozen plan of one rollout' });
