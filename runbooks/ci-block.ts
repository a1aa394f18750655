import { z } from 'zod';
import { isLoopback } from './artifact.ts';
import { plainText } from './names.ts';
import { duration } from './units.ts';

const minute = 60_000;

/** Of an address: `https://host:port/path`; keys that come in clear could be anybody's, except from this machine. */
const issuer = z
  .string()
  .max(500)
  .regex(/^https?:\/\/[^\s/?#@"\\]+(?:\/[^\s?#@"\\]*)?$/, 'must be the address that tokens name as `iss`')
  .refine(
    (address) => address.startsWith('https:') || isLoopback(address.replace(/^http:\/\/([^/]+).*$/, '$1')),
    'must be https',
  );

const says = 'must be the value itself, or its beginning and a `*`, such as refs/tags/*';
const wanted = plainText(500).regex(/^(?!\*)[^*]+\*?$/, says);

/** Claims say which pipeline: who issues for half the world must not speak for all of it. */
export const ciSchema = z
  .strictObject({
    issuer: issuer.describe('who signs the tokens, as they say in `iss`'),
    audience: plainText(200).default('sluice').describe('whom they are made for, as they say in `aud`'),
    claims: z
      .record(plainText(100), z.union([wanted, z.array(wanted).min(1).max(50)]))
      .refine((claims) => Object.keys(claims).length > 0, 'must name a claim at least, such as repository')
      .describe('what they must say besides, each one: a value, its beginning and `*`, or a list of such'),
    for: duration(minute, 12 * 60 * minute)
      .default(60 * minute)
      .describe('how long one job may speak'),
  })
  .describe('a pipeline that is known by the tokens of its CI (OpenID Connect)');

export type CiIdentity = z.output<typeof ciSchema>;

/** Whether a token that says this is of that pipeline. Only text, numbers and yes or no are compared. */
export const isOfPipeline = ({ claims }: CiIdentity, said: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(claims).every(([claim, want]) => {
    const found = Object.hasOwn(said, claim) ? said[claim] : undefined;
    if (typeof found !== 'string' && typeof found !== 'number' && typeof found !== 'boolean') return false;
    return [want].flat().some((one) => matches(one, String(found)));
  });

const matches = (want: string, found: string): boolean =>
  want.endsWith('*') ? found.startsWith(want.slice(0, -1)) : found === want;
