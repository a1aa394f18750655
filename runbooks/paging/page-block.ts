import { z } from 'zod';
import { plainText } from '../names.ts';
import { secretRef } from '../secret-ref.ts';

/** From the least urgent to the most. PagerDuty's `info` wakes nobody and is not used. */
export const severities = ['warning', 'error', 'critical'] as const;
export type PageSeverity = (typeof severities)[number];

/** Who is paged about one environment. */
export const pageSchema = z
  .strictObject({
    pagerduty: z
      .strictObject({
        routingKey: secretRef.describe('integration key of the service in PagerDuty, by reference'),
        severity: z.enum(severities).default('critical').describe('the most urgent that a page may be'),
      })
      .describe('Events API v2 of PagerDuty'),
    runbook: plainText(500)
      .regex(/^https?:\/\/[^\s"<>\\]+$/, 'must be an http or https address')
      .optional()
      .describe('page for people on call, linked from the alert'),
  })
  .describe('who is paged when it fails; left out, nobody');

export type PageBlock = z.output<typeof pageSchema>;

/** No more urgent than the service file allows. */
export const capped = (severity: PageSeverity, most: PageSeverity): PageSeverity =>
  severities.indexOf(severity) <= severities.indexOf(most) ? severity : most;
