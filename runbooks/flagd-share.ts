import type { FlagdBlock } from './flags.ts';

type Variants = Pick<FlagdBlock, 'on' | 'off'>;

/** Who is on: the part of a flag in a flagd definition that Sluice writes. */
export type FlagdShare = { readonly defaultVariant: string; readonly targeting: Record<string, unknown> };

/**
 * The share of `percent` of the users, by a hash of flag and user, so that raising it only adds users. A request that
 * says nothing of its user (no `targetingKey`) is off: flagd would hash the emptiness, and put all of them on one side.
 */
export const shareOf = (percent: number, { on, off }: Variants): FlagdShare => {
  if (percent === 0) return { defaultVariant: off, targeting: {} };
  if (percent === 100) return { defaultVariant: on, targeting: {} };
  const split = [
    { cat: [{ var: '$flagd.flagKey' }, { var: 'targetingKey' }] },
    [on, percent],
    [off, 100 - percent],
  ];
  const targeting = { if: [{ var: 'targetingKey' }, { fractional: split }, off] };
  return { defaultVariant: off, targeting };
};
