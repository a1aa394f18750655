import { z } from 'zod';
import { flagName } from '../../../runbooks/flags.ts';
import { freeText, incidentId, plainText } from '../../../runbooks/names.ts';
import { duration } from '../../../runbooks/units.ts';
import { overrides } from './guards.ts';
import { command } from './parts.ts';

const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);
const wellFormed = 'must be well-formed Unicode';

/**
 * A name or version as somebody typed it. Whether there is such a thing is the façade's to say: it knows what was
 * probably meant.
 */
const typed = plainText(200).refine(isWellFormed, wellFormed);

/** White space around it means nothing, and a reason of nothing is none. */
const reason = freeText
  .refine(isWellFormed, wellFormed)
  .transform((text) => (text.trim() === '' ? null : text.trim()))
  .optional()
  .describe('why, in your own words; kept beside the chain, can be erased');

const hotfix = incidentId
  .refine(isWellFormed, wellFormed)
  .exactOptional()
  .describe('the incident that it mends: no watch is too short for it');

const environment = typed.optional().describe('may be left out where the service has only one');

export const rolloutRequest = z
  .discriminatedUnion(
    'kind',
    [
      z.strictObject({
        kind: z.literal('deploy').default('deploy'),
        service: typed,
        environment,
        version: typed,
        reason,
        overrides,
        hotfix,
      }),
      z.strictObject({
        kind: z.literal('rollback'),
        service: typed,
        environment,
        to: typed.optional().describe('default: the last good release'),
        reason,
      }),
      z.strictObject({
        kind: z.literal('flag'),
        service: typed,
        environment,
        flag: flagName,
        percent: z.int().min(0).max(100).describe('of the users; 0 turns it off'),
        reason,
      }),
    ],
    { error: 'must be deploy, rollback or flag' },
  )
  .meta({ id: 'RolloutRequest' });
export type RolloutRequest = z.input<typeof rolloutRequest>;

export const commandRequest = z
  .strictObject({
    command,
    reason,
    plan: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be the hash of a plan, 64 hex digits')
      .optional()
      .describe('of approve and deny: the hash of the plan that you have seen; another one is refused'),
  })
  .meta({ id: 'CommandRequest' });

export const planRequest = z
  .strictObject({ service: typed, environment, version: typed, overrides, hotfix })
  .meta({ id: 'PlanRequest' });

export const adoptRequest = z.strictObject({ environment }).meta({ id: 'AdoptRequest' });

export const idParams = z.strictObject({
  id: typed.describe("a rollout's id, a unique beginning of it, or a service: its newest rollout"),
});
export const serviceParams = z.strictObject({ service: typed });

/** Other headers are not ours to judge. */
export const keyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters')
    .optional()
    .describe('said twice with one key, it acts once'),
});

/** A whole number in a query, of at most `max`. */
const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));

export const rolloutsQuery = z.strictObject({
  service: typed.optional(),
  environment: typed.optional(),
  open: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  limit: whole(1, 500).prefault('50'),
  before: typed.optional().describe('id of the last rollout of the page before'),
});

export const waitQuery = z.strictObject({
  wait: duration(0, 300_000).optional().describe('answer when something has happened, at the latest then'),
  after: whole(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('the position that is known already; default: the present one'),
});

export const eventsQuery = z.strictObject({
  after: whole(0, Number.MAX_SAFE_INTEGER).optional().describe('as Last-Event-ID, which comes first'),
});
export const eventsHeaders = z.looseObject({
  accept: z.string().optional(),
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, 'must be the position of an event')
    .transform(Number)
    .optional(),
});

export const samplesQuery = z.strictObject({
  watch: whole(0, 10_000),
  after: z
    .string()
    .regex(/^-?\d{1,9}(?:\.\d{1,9})?$/, 'must be seconds on the clock of the watch')
    .transform(Number)
    .optional(),
  form: z
    .enum(['samples', 'counts'])
    .default('samples')
    .describe(
      'samples: raw counters on the clock of the rollout, which begins with its first watch; counts: requests and errors since this watch began, at seconds since then, thinned out',
    ),
});

export const recordingQuery = z.strictObject({
  watch: whole(0, 10_000).optional().describe('default: the last that has one'),
});

export const releasesQuery = z.strictObject({ environment, limit: whole(1, 500).prefault('50') });
export const configQuery = z.strictObject({
  environment: typed.optional().describe('without it all of them'),
});
export const playbookQuery = z.strictObject({
  environment,
  version: typed.optional().describe('default: the last rollout'),
});
