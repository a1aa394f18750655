import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { PageAnswer } from '../../runbooks/paging/events.ts';

const sign = (body: Uint8Array, secret: string): Buffer => createHmac('sha256', secret).update(body).digest();

/**
 * Whether one of the `v1=` values of `X-PagerDuty-Signature` is the HMAC (SHA-256) of the body, as it came, under one of
 * the secrets: while a secret is rotated PagerDuty signs with both, and both may be known here. Every pair is compared,
 * each in constant time.
 */
export const isSigned = (
  header: string | undefined,
  body: Uint8Array,
  secrets: readonly string[],
): boolean => {
  const given = (header ?? '')
    .split(',')
    .slice(0, 20)
    .flatMap((part) => {
      const hex = /^v1=([0-9a-f]{64})$/.exec(part.trim())?.[1];
      return hex === undefined ? [] : [Buffer.from(hex, 'hex')];
    });
  let matches = 0;
  for (const secret of secrets) {
    const expected = sign(body, secret);
    for (const each of given) matches += timingSafeEqual(each, expected) ? 1 : 0;
  }
  return matches > 0;
};

/** A webhook v3, as far as it matters here; PagerDuty may add to it. */
export const webhookSchema = z.object({
  event: z.object({
    id: z.string().max(200),
    event_type: z.string().max(200),
    occurred_at: z.iso.datetime({ offset: true }),
    agent: z
      .object({ id: z.string().min(1).max(100), summary: z.string().max(500).nullish(), type: z.string() })
      .nullish(),
    data: z.object({
      type: z.string().optional(),
      incident_key: z.string().max(255).nullish(),
      html_url: z.string().max(2000).nullish(),
    }),
  }),
});
export type PagerDutyWebhook = z.output<typeof webhookSchema>;

const answers: Readonly<Record<string, PageAnswer>> = {
  'incident.acknowledged': 'acknowledged',
  'incident.unacknowledged': 'unacknowledged',
  'incident.resolved': 'resolved',
  'incident.reopened': 'reopened',
};

/** `null`: an event that nobody here has to know of. */
export const answerOf = ({ event }: PagerDutyWebhook): PageAnswer | null =>
  Object.hasOwn(answers, event.event_type) ? (answers[event.event_type] ?? null) : null;
