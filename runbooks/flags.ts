import { z } from 'zod';
import { plainText } from './names.ts';
import { secretRef } from './secret-ref.ts';
import { duration } from './units.ts';

/** Name of a feature flag: what both kinds of store allow, because it stands in addresses. */
export const flagName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'must be 1 to 100 letters, digits, dots, dashes or underscores, and begin with a letter or digit',
  );

const variant = plainText(100).regex(/^[A-Za-z0-9._-]+$/, 'must be the name of a variant');

const flagdSchema = z
  .strictObject({
    file: plainText(500).describe(
      'flag definition (JSON) that flagd or an in-process provider reads; relative to this file',
    ),
    on: variant.prefault('on').describe('variant of the new behaviour'),
    off: variant.prefault('off').describe('variant of the old behaviour'),
  })
  .describe('a flag definition of flagd');

const unleashSchema = z
  .strictObject({
    url: plainText(2000)
      .regex(
        /^https?:\/\/[^\s/?#@"\\]+(?:\/[^\s?#@"\\]*)?$/,
        'must be an http or https address without user, query and fragment, such as https://unleash.example.com',
      )
      .describe('address of Unleash, up to but without /api'),
    token: secretRef.describe('an admin token, by reference: env:NAME or file:/path'),
    project: plainText(100).prefault('default').describe('project of the flags'),
    environment: plainText(100).prefault('production').describe('environment of Unleash'),
    stickiness: plainText(100).prefault('default').describe('what keeps a user on its side'),
    timeout: duration(50, 60_000).prefault('5s').describe('how long one call may take'),
  })
  .describe('an Unleash server');

/** Where feature flags are switched; a closed set, of which a file names one. */
export const flagsSchema = z
  .strictObject({ flagd: flagdSchema.optional(), unleash: unleashSchema.optional() })
  .meta({ minProperties: 1, maxProperties: 1 })
  .transform(({ flagd, unleash }, context): FlagsBlock => {
    if (flagd !== undefined && unleash === undefined) return { flagd };
    if (unleash !== undefined && flagd === undefined) return { unleash };
    context.addIssue({ code: 'custom', message: 'must name one of flagd and unleash' });
    return z.NEVER;
  })
  .describe('where feature flags are switched');

export type FlagdBlock = z.output<typeof flagdSchema>;
export type UnleashBlock = z.output<typeof unleashSchema>;
export type FlagsBlock = { readonly flagd: FlagdBlock } | { readonly unleash: UnleashBlock };
