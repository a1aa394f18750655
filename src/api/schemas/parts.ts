import { z } from 'zod';
import type { ActorVia } from '../../../runbooks/access.ts';
import type { ErrorCode, Problem } from '../../../runbooks/errors.ts';
import { errorTable, isErrorCode } from '../../../runbooks/errors.ts';
import type { Cause } from '../../../runbooks/events.ts';
import type { Release, RolloutKind } from '../../../runbooks/runbook.ts';
import { rolloutKinds } from '../../../runbooks/runbook.ts';
import type { Effect } from '../../../runbooks/state.ts';
import { commands, states } from '../../../runbooks/state.ts';
import type { GateRecord } from '../../../runbooks/gate-record.ts';
import type { Verdict } from '../../../runbooks/verdict.ts';
import type { ActorView } from '../../store/views.ts';

// What answers are made of. Members that a newer daemon adds are passed over, so that an older client goes on.

/** ISO 8601 in UTC. */
export const time = z.iso.datetime().describe('ISO 8601 in UTC, with milliseconds');

/** A block that another schema owns (the service file's): an object on the way out, whatever it holds. */
export const block = <T>(description: string): z.ZodType<T> =>
  z.custom<T>((value) => typeof value === 'object' && value !== null).meta({ type: 'object', description });

export const state = z.enum(states);
export const command = z.enum(commands);
export const kind: z.ZodType<RolloutKind> = z.enum(rolloutKinds);

const effects = [
  'approve',
  'deny',
  'hold',
  'resume',
  'extend',
  'accept',
  'promote',
  'way-back',
  'retry-way-back',
  'take-over',
  'page',
  'start-rollback',
  'start-again',
  'start-over',
  'leave-queue',
] as const satisfies readonly Effect[];
export const effect: z.ZodType<Effect> = z.enum(effects);

const via: z.ZodType<ActorVia> = z.enum([
  'operator',
  'token',
  'slack',
  'ci',
  'console',
  'pagerduty',
  'system',
]);

export const actor: z.ZodType<ActorView> = z
  .object({
    id: z.string(),
    via,
    groups: z.array(z.string()),
    name: z.string().nullable().describe('null: never told, or erased'),
  })
  .meta({ id: 'Actor' });

/** A code that this client does not know yet counts as INTERNAL: its sentence is still shown. */
const code = z
  .string()
  .transform((text): ErrorCode => (isErrorCode(text) ? text : 'INTERNAL'))
  .meta({ type: 'string', enum: Object.keys(errorTable) });

export const problem: z.ZodType<Problem> = z
  .object({
    code,
    message: z.string().describe('what happened, and why'),
    hint: z.string().exactOptional().describe('what to do next'),
    details: z.record(z.string(), z.unknown()).exactOptional(),
  })
  .meta({ id: 'Problem' });

export const release: z.ZodType<Release> = z
  .object({ version: z.string(), digest: z.string().describe('sha256:<hex> of the artifact') })
  .meta({ id: 'Release' });

export const cause: z.ZodType<Cause> = z
  .object({
    by: z.enum(['breach', 'person', 'newer', 'failure', 'silence', 'time', 'lost']),
    sentence: z.string(),
    step: z.int().nullable(),
  })
  .meta({ id: 'Cause' });

export const counts = z
  .object({ requests: z.number(), errors: z.number() })
  .meta({ id: 'Counts', description: 'requests and failed requests over one stretch of time' });

const slow = z.object({ requests: z.number(), slow: z.number() });
/** One sample, or decision, as the gate puts it; docs/recordings.md. */
export const gateRecord: z.ZodType<GateRecord> = z
  .object({
    t: z.number().describe("seconds on the rollout's clock"),
    verdict: z.enum(['pass', 'breach', 'inconclusive', 'watching']),
    reason: z.string().nullable(),
    metric: z.string().exactOptional().describe('the custom metric that decided, whose counts these are'),
    elapsed_s: z.number(),
    evidence: z.number().describe('so far, of `needed` for a rollback'),
    needed: z.number(),
    tests: z.record(z.string(), z.number()).describe('evidence of each test'),
    canary: counts,
    baseline: counts,
    since_s: z.number(),
    latency: z.object({ bound_s: z.number(), canary: slow, baseline: slow }).nullable(),
    phi: z.number(),
    health_evidence: z.number(),
    late_evidence: z.number(),
    alone: z.boolean(),
    silent_s: z.number().nullable(),
    sentence: z.string(),
  })
  .meta({ id: 'GateRecord' });

export const verdict: z.ZodType<Verdict> = z
  .object({
    kind: z.enum(['pass', 'breach', 'inconclusive']),
    reason: z.string(),
    metric: z.string().exactOptional().describe('the custom metric that decided'),
    sentence: z.string().describe('numbers first, for people'),
    t: z.number().describe('seconds since the watch began'),
    canary: counts,
    baseline: counts.nullable(),
    samples: z.object({ seen: z.number(), due: z.number() }),
    recording: z.string().nullable().describe("SHA-256 of the watch's recording"),
    record: gateRecord.exactOptional().describe("the gate's record of the decision"),
    settlesInSeconds: z
      .number()
      .nullable()
      .exactOptional()
      .describe('where traffic was too little: further watching that would probably settle it'),
    silentSeconds: z
      .number()
      .exactOptional()
      .describe("where metrics were missing: time since the new version's were last heard of"),
  })
  .meta({ id: 'Verdict' });
