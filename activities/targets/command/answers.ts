import { z } from 'zod';
import { plainText, version } from '../../../runbooks/names.ts';

const count = z.int().min(0).max(100_000);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits');

/** Answer of every program that writes; what it refuses with is the same for all (`program/answer.ts`). */
export const doneSchema = z.strictObject({ ok: z.literal(true) });

/** Answer of `observe`. Weights are whole percentages; versions without traffic may be left out. */
export const observedSchema = z
  .strictObject({
    groups: z.array(z.strictObject({ version, digest, instances: count, ready: count })).max(100),
    weights: z.record(version, z.int().min(0).max(100)),
    stable: version.nullable(),
    fence: z.int().min(0).default(0),
    unprobed: plainText(300).optional(),
  })
  .refine(({ groups }) => new Set(groups.map((group) => group.version)).size === groups.length, {
    path: ['groups'],
    message: 'must name each version once',
  })
  .refine(({ groups }) => groups.every(({ instances, ready }) => ready <= instances), {
    path: ['groups'],
    message: 'must not have more ready instances than instances',
  });

/** Answer of `address`. */
export const addressSchema = z.strictObject({
  address: z
    .string()
    .max(2000)
    .regex(/^https?:\/\/[^\s/?#@"\\]+\/?$/, 'must be an http or https address without a path'),
});
