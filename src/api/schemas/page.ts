import { z } from 'zod';
import { severities } from '../../../runbooks/paging/page-block.ts';
import type { PageView } from '../../store/views.ts';
import { actor, problem, time } from './parts.ts';

/** One incident in PagerDuty about a rollout. */
export const page: z.ZodType<PageView> = z
  .object({
    incident: z.string().describe('dedup_key of the alert'),
    state: z
      .enum(['late', 'open', 'acknowledged', 'resolved', 'failed'])
      .describe('late: not delivered yet; failed: refused for good, nobody was told'),
    severity: z.enum(severities).nullable(),
    summary: z.string().nullable(),
    url: z.string().nullable().describe('the incident in PagerDuty'),
    triggeredAt: time.nullable(),
    acknowledgedAt: time.nullable(),
    acknowledgedBy: actor.nullable(),
    resolvedAt: time.nullable(),
    resolvedBy: actor.nullable().describe('null where it is resolved: Sluice did it'),
    lateSince: time.nullable().describe('something about it is not delivered yet, since then'),
    problem: problem.nullable().describe('why it is not delivered'),
  })
  .meta({ id: 'Page' });
