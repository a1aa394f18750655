import { z } from 'zod';
import type { PageEvent } from '../../../runbooks/paging/events.ts';
import { pageAnswers } from '../../../runbooks/paging/events.ts';
import { severities } from '../../../runbooks/paging/page-block.ts';
import { problem } from './parts.ts';

const incident = z.string().describe('dedup_key of the alert in PagerDuty');
const action = z.enum(['trigger', 'acknowledge', 'resolve']);

/** Bodies of the events that tell what became of a page. */
export const pageBodies = {
  'page-sent': z.object({
    type: z.literal('page-sent'),
    incident,
    action,
    severity: z.enum(severities).nullable(),
    summary: z.string(),
    waitedMs: z.number().describe('from when it was wanted until PagerDuty had it'),
  }),
  'page-late': z.object({ type: z.literal('page-late'), incident, action, problem }),
  'page-failed': z.object({ type: z.literal('page-failed'), incident, action, problem }),
  'page-answered': z.object({
    type: z.literal('page-answered'),
    incident,
    answer: z.enum(pageAnswers),
    url: z.string().nullable().describe('the incident in PagerDuty'),
  }),
} satisfies Record<PageEvent['type'], z.ZodType>;
