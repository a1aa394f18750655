import { z } from 'zod';
import type { Incident } from '../../incidents/record.ts';
import { cause, state, time, verdict } from './parts.ts';
import { page } from './page.ts';

const took = z.number().nullable().describe('ms; null: it has not come to that');

export const incident: z.ZodType<Incident> = z
  .object({
    id: z.string().describe('of the rollout'),
    service: z.string(),
    environment: z.string(),
    from: z.string().nullable(),
    version: z.string(),
    state,
    requestedAt: time,
    requestedBy: z.string(),
    cause: cause.nullable(),
    times: z.object({
      exposedAt: time.nullable().describe('first traffic on the new version'),
      decidedAt: time.nullable().describe('when it was decided to go back'),
      restoredAt: time.nullable().describe('when the old version was seen to be well'),
      detectMs: took,
      rollBackMs: took,
      restoreMs: took,
      acknowledgeMs: took,
    }),
    evidence: z.array(
      z.object({
        title: z.string(),
        percent: z.number().nullable(),
        startsAt: time,
        endsAt: time,
        verdict,
      }),
    ),
    pages: z.array(page),
    timeline: z.array(z.object({ at: time, what: z.string(), text: z.string() })),
    byHand: z.array(z.string()),
    verified: z.string().nullable(),
    recovered: z.boolean().nullable(),
  })
  .meta({ id: 'Incident', description: 'the record of a failed rollout' });
