import { z } from 'zod';
import { shareOf } from '../../runbooks/flagd-share.ts';
import type { FlagdBlock } from '../../runbooks/flags.ts';

/** A flag as flagd's definition has it; what Sluice does not know of it stays as it is. */
export const flagSchema = z.looseObject({
  state: z.enum(['ENABLED', 'DISABLED']),
  variants: z.record(z.string(), z.unknown()),
  defaultVariant: z.string().nullish(),
  targeting: z.record(z.string(), z.unknown()).nullish(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
export type FlagdFlag = z.output<typeof flagSchema>;

export const definitionSchema = z.looseObject({ flags: z.record(z.string(), z.unknown()) });

type Variants = Pick<FlagdBlock, 'on' | 'off'>;

const percentAt = /^\{"if":\[\{"var":"targetingKey"\},\{"fractional":\[.*,(\d{1,2})\],\[/;

/** The share that a flag has, if it is one that Sluice could have written; `null`: it has rules of its own. */
export const percentOf = (flag: FlagdFlag, variants: Variants): number | null => {
  const targeting = JSON.stringify(flag.targeting ?? {});
  const { defaultVariant } = flag;
  const guess = targeting === '{}' ? (defaultVariant === variants.on ? 100 : 0) : readShare(targeting);
  if (guess === null) return null;
  const same = shareOf(guess, variants);
  return same.defaultVariant === defaultVariant && JSON.stringify(same.targeting) === targeting
    ? guess
    : null;
};

const readShare = (targeting: string): number | null => {
  const found = percentAt.exec(targeting)?.[1];
  return found === undefined ? null : Number(found);
};
