import { z } from 'zod';
import { freeText } from './names.ts';
import { duration } from './units.ts';

const minute = 60_000;

const field = /^(?:\*|[0-9A-Za-z,*/#L-]{1,60})$/;

/** A freeze that is on: why, and until when (ISO 8601). */
export type ActiveFreeze = { readonly reason: string; readonly until: string };

/** Times in which nothing new is deployed. Abort and rollback are never frozen. */
export const freezeSchema = z
  .strictObject({
    during: z
      .enum(['finish', 'hold'])
      .default('finish')
      .describe('a rollout on whose way a freeze begins: it goes on, or waits before it moves traffic again'),
    windows: z
      .array(
        z.strictObject({
          cron: z
            .string()
            .max(200)
            .refine((text) => {
              const fields = text.trim().split(/\s+/);
              return fields.length === 5 && fields.every((one) => field.test(one));
            }, 'must be five fields: minute, hour, day of month, month, day of week')
            .describe('when a freeze begins, such as 0 16 * * FRI'),
          for: duration(minute, 60 * 24 * 60 * minute).describe('how long it lasts'),
          zone: z
            .string()
            .max(64)
            .regex(/^[A-Za-z][A-Za-z0-9_+/-]*$/, 'must be a time zone such as Europe/Berlin')
            .default('UTC')
            .describe('time zone of the cron line'),
          reason: freeText.describe('why, for those who are refused'),
        }),
      )
      .min(1)
      .max(20)
      .describe('each from its beginning for its time'),
  })
  .describe('when nothing new is deployed; abort and rollback are never frozen');
export type FreezeBlock = z.output<typeof freezeSchema>;
