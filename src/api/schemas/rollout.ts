import { z } from 'zod';
import type { PlaceView } from '../../rollouts/facade.ts';
import type { CommandView, ReleaseView, RolloutView, StepView, WatchView } from '../../store/views.ts';
import { actor, cause, command, effect, kind, problem, release, state, time, verdict } from './parts.ts';
import { page } from './page.ts';
import { action, stepKind } from './runbook.ts';

const step: z.ZodType<StepView> = z
  .object({
    index: z.int(),
    kind: stepKind,
    title: z.string(),
    percent: z.number().nullable().describe('percent of the traffic that the new version gets'),
    state: z.enum(['pending', 'running', 'done', 'failed', 'skipped']),
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    found: z.string().nullable(),
  })
  .meta({ id: 'StepState' });

const watch: z.ZodType<WatchView> = z
  .object({
    watch: z.int(),
    step: z.int(),
    percent: z.number().nullable(),
    startsAt: time,
    endsAt: time,
    verdict: verdict.nullable(),
  })
  .meta({ id: 'Watch' });

const said: z.ZodType<CommandView> = z
  .object({
    command,
    actor: actor.nullable(),
    at: time,
    effect: effect.nullable(),
    refusal: z.string().nullable().describe('null: accepted'),
    reason: z.string().nullable(),
  })
  .meta({ id: 'SaidCommand' });

export const rollout: z.ZodType<RolloutView> = z
  .object({
    id: z.string(),
    kind,
    service: z.string(),
    environment: z.string(),
    version: z.string(),
    digest: z.string().nullable(),
    from: release.nullable(),
    state,
    until: time.nullable().describe('when the present state ends by itself'),
    next: z.string().nullable(),
    actor: actor.nullable(),
    reason: z.string().nullable(),
    of: z.string().nullable(),
    requestedAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    hash: z.string().nullable(),
    epoch: z.int().nullable(),
    warnings: z.array(z.string()),
    steps: z.array(step),
    watches: z.array(watch),
    commands: z.array(said),
    pages: z.array(page).describe('incidents about it in PagerDuty'),
    cause: cause.nullable(),
    actions: z.array(action),
    trafficBackMs: z.number().nullable(),
    recovered: z.boolean().nullable(),
    verified: z.string().nullable(),
    sentence: z.string().nullable(),
    byHand: z.array(z.string()),
    problems: z.array(problem),
    position: z.int().describe('position of its last event: follow from here'),
  })
  .meta({ id: 'Rollout' });

export const releaseView: z.ZodType<ReleaseView> = z
  .object({
    version: z.string(),
    digest: z.string(),
    service: z.string(),
    environment: z.string(),
    state: z.enum(['good', 'bad']),
    by: z.enum(['rollout', 'adopt']),
    promotedAt: time,
    retiredAt: time.nullable(),
    rolloutId: z.string(),
  })
  .meta({ id: 'PromotedRelease' });

export const place: z.ZodType<PlaceView> = z
  .object({
    service: z.string(),
    environment: z.string(),
    owners: z.array(z.string()),
    good: releaseView.nullable().describe('the last good release'),
    open: rollout.nullable().describe('the rollout that is open there'),
    waits: rollout.nullable().describe('the deploy that waits for the end of that one'),
  })
  .meta({ id: 'Place' });
