import { z } from 'zod';
import type { EventBody, EventType } from '../../../runbooks/events.ts';
import type { StoredEvent } from '../../store/views.ts';
import { actor, cause, command, effect, kind, problem, release, state, time, verdict } from './parts.ts';
import { pageBodies } from './page-event.ts';
import { action, runbook } from './runbook.ts';

const text = z.string();
const step = z.int();

const bodies = {
  requested: z.object({
    type: z.literal('requested'),
    kind,
    service: text,
    environment: text,
    version: text,
    of: text.nullable(),
    files: z.array(z.object({ path: text, sha256: text })),
    hotfix: text.exactOptional(),
  }),
  planned: z.object({
    type: z.literal('planned'),
    hash: text,
    runbook,
    epoch: z.int(),
    warnings: z.array(text),
  }),
  refused: z.object({ type: z.literal('refused'), problems: z.array(problem) }),
  state: z.object({ type: z.literal('state'), state, until: time.nullable(), next: text.nullable() }),
  'step-started': z.object({ type: z.literal('step-started'), step }),
  'step-done': z.object({ type: z.literal('step-done'), step, found: text.nullable() }),
  'step-failed': z.object({ type: z.literal('step-failed'), step, problem }),
  stuck: z.object({
    type: z.literal('stuck'),
    step: step.nullable().describe('null: the way back'),
    sentence: text,
    then: z.enum(['rollback', 'page', 'told']),
  }),
  'step-skipped': z.object({ type: z.literal('step-skipped'), step, why: text }),
  'watch-started': z.object({
    type: z.literal('watch-started'),
    step,
    watch: z.int(),
    startsAt: time,
    endsAt: time,
  }),
  'watch-resumed': z.object({
    type: z.literal('watch-resumed'),
    step,
    awaited: z.enum(['metrics', 'traffic', 'recovery']).describe('what the watch had waited for'),
    sentence: text,
  }),
  verdict: z.object({ type: z.literal('verdict'), step, watch: z.int(), verdict }),
  command: z.object({
    type: z.literal('command'),
    command,
    effect: effect.nullable(),
    refusal: text.nullable(),
    key: text.exactOptional(),
  }),
  approval: z.object({
    type: z.literal('approval'),
    is: z.enum(['asked', 'reminder', 'void']),
    hash: text,
    given: z.array(text),
    until: time.nullable(),
    sentence: text,
  }),
  'way-back': z.object({ type: z.literal('way-back'), cause, actions: z.array(action) }),
  'traffic-back': z.object({ type: z.literal('traffic-back'), afterMs: z.number() }),
  'way-back-failed': z.object({ type: z.literal('way-back-failed'), problem, byHand: z.array(text) }),
  verified: z.object({ type: z.literal('verified'), recovered: z.boolean(), sentence: text }),
  promoted: z.object({
    type: z.literal('promoted'),
    service: text,
    environment: text,
    release,
    by: z.enum(['rollout', 'adopt']),
  }),
  retired: z.object({ type: z.literal('retired'), version: text }),
  contract: z.object({
    type: z.literal('contract'),
    is: z.enum(['asked', 'reminder', 'done', 'failed', 'expired']),
    migrations: z.array(text),
    until: time.nullable(),
    sentence: text,
  }),
  'quarantine-lifted': z.object({ type: z.literal('quarantine-lifted'), digest: text }),
  'keep-closed': z.object({ type: z.literal('keep-closed'), claimedBy: text.nullable() }),
  closed: z.object({ type: z.literal('closed'), state, sentence: text }),
  ...pageBodies,
} satisfies Record<EventType, z.ZodType>;

const body: z.ZodType<EventBody> = z.discriminatedUnion('type', [
  bodies.requested,
  bodies.planned,
  bodies.refused,
  bodies.state,
  bodies['step-started'],
  bodies['step-done'],
  bodies['step-failed'],
  bodies.stuck,
  bodies['step-skipped'],
  bodies['watch-started'],
  bodies['watch-resumed'],
  bodies.verdict,
  bodies.command,
  bodies.approval,
  bodies['way-back'],
  bodies['traffic-back'],
  bodies['way-back-failed'],
  bodies.verified,
  bodies.promoted,
  bodies.retired,
  bodies.contract,
  bodies['quarantine-lifted'],
  bodies['keep-closed'],
  bodies.closed,
  bodies['page-sent'],
  bodies['page-late'],
  bodies['page-failed'],
  bodies['page-answered'],
]);

export const event: z.ZodType<StoredEvent> = z
  .object({
    rolloutId: text,
    id: text,
    at: time,
    actor: actor.nullable(),
    body,
    texts: z.record(text, text.nullable()).describe('free text by people; null: erased'),
    position: z.int().describe('place in the chain, from 1'),
    previousHash: text,
    hash: text,
  })
  .meta({ id: 'Event', description: 'one row of the ledger' });
