import { z } from 'zod';
import { checkNames } from '../../../runbooks/checks/check.ts';
import { freeText, plainText } from '../../../runbooks/names.ts';
import { duration } from '../../../runbooks/units.ts';
import { lockLasts } from '../../rollouts/locks.ts';
import type { LockView, QuarantineView } from '../../store/views.ts';
import { time } from './parts.ts';

const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);
const reason = freeText
  .refine((text) => text.trim() !== '', 'must say something')
  .refine(isWellFormed, 'must be well-formed Unicode')
  .describe('why, for those who meet it');

/** Checks that are passed over when a rollout is planned or started. */
export const overrides = z
  .array(z.strictObject({ check: z.enum(checkNames), reason }))
  .max(checkNames.length)
  .refine((all) => new Set(all.map(({ check }) => check)).size === all.length, 'must name each check once')
  .optional()
  .describe('checks that are passed over, each with a reason; needs the right to override');

const environment = plainText(200).refine(isWellFormed, 'must be well-formed Unicode').optional();

export const lockRequest = z
  .strictObject({
    environment: environment.describe('default: all of the service'),
    for: duration(lockLasts.leastMs, lockLasts.mostMs).optional().describe('default: until it is unlocked'),
    reason,
  })
  .meta({ id: 'LockRequest' });
export const unlockRequest = z.strictObject({ environment, reason }).meta({ id: 'UnlockRequest' });
export const liftRequest = z
  .strictObject({ digest: plainText(200).describe('or its beginning, at least 6 digits'), reason })
  .meta({ id: 'LiftRequest' });

const digestOf = {
  version: z.string(),
  digest: z.string(),
  service: z.string(),
  environment: z.string(),
  rolloutId: z.string(),
  at: time.describe('when its traffic was taken back'),
};
export const quarantined: z.ZodType<QuarantineView> = z.object(digestOf).meta({ id: 'Quarantined' });
export const quarantineList = z
  .object({ quarantined: z.array(quarantined).readonly() })
  .meta({ id: 'Quarantine' });

export const lockView: z.ZodType<Pick<LockView, 'service' | 'environment' | 'reason' | 'at' | 'until'>> = z
  .object({
    service: z.string(),
    environment: z.string().nullable(),
    reason: z.string(),
    at: time,
    until: time.nullable(),
  })
  .meta({ id: 'Lock' });
export const unlocked = z.object({ unlocked: z.literal(true) }).meta({ id: 'Unlocked' });
