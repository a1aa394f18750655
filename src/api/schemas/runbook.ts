import { z } from 'zod';
import type { Action, Runbook, Step } from '../../../runbooks/runbook.ts';
import type { AccessBlock, GatePolicy, SmokeCheck } from '../../../runbooks/service.ts';
import { block, kind, release } from './parts.ts';

const weights = z.record(z.string(), z.number()).describe('percent of the traffic per version');

export const action: z.ZodType<Action> = z
  .discriminatedUnion('do', [
    z.object({ do: z.literal('deploy'), release }),
    z.object({ do: z.literal('shift'), weights }),
    z.object({ do: z.literal('promote'), version: z.string() }),
    z.object({ do: z.literal('retire'), version: z.string() }),
  ])
  .meta({ id: 'Action', description: 'one write to a target: the wanted state' });

const checks = z.array(block<SmokeCheck>('a smoke check of the service file'));
const every = {
  title: z.string(),
  back: z.array(action).describe('undoes the step, traffic first'),
};
const withinMs = z.number().describe('milliseconds');

const steps = {
  preflight: z.object({ kind: z.literal('preflight'), ...every, checks: z.array(z.string()) }),
  deploy: z.object({ kind: z.literal('deploy'), ...every, release, withinMs }),
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
  'deploy',
  'smoke',
  'shift',
  'watch',
  'promote',
  'retire',
  'verify',
]);

const step: z.ZodType<Step> = z
  .discriminatedUnion('kind', [
    steps.preflight,
    steps.deploy,
    steps.smoke,
    steps.shift,
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
    strategy: z.literal('canary'),
    from: release.nullable().describe('what ran before'),
    to: release,
    steps: z.array(step),
    verify: z.object({ withinMs, smoke: checks }),
    keep: z.object({
      retireNow: z.array(z.string()),
      warm: z.string().nullable(),
      keepWarmMs: z.number(),
    }),
    gates: block<GatePolicy>('the gates of the service file: shares as fractions, durations in ms'),
    waits: z.object({ heldMs: z.number(), noDataMs: z.number() }),
    access: block<AccessBlock>('groups per verb'),
  })
  .meta({ id: 'Runbook', description: 'the frozen plan of one rollout' });
