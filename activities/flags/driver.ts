import type { FlagsBlock } from '../../runbooks/flags.ts';
import type { Environment } from '../secrets.ts';
import type { WriteMark } from '../targets/target.ts';
import { flagdDriver } from './flagd.ts';
import { unleashDriver } from './unleash.ts';

/** What a flag store says of one flag: whole percent of the users who are on, and the highest fence (0: none). */
export type FlagState = { readonly percent: number; readonly fence: number };

/**
 * One kind of flag store. A write tells the wanted state and is idempotent; a user who is on at one percentage is on at
 * every higher one. Errors: FLAG_UNAVAILABLE (retry), FLAG_UNKNOWN, FLAG_REFUSED and TARGET_FENCED (do not).
 */
export type FlagDriver = {
  observe(flag: string, signal?: AbortSignal): Promise<FlagState>;
  /** Returns once the store has taken the wanted percentage over, as read back from it. */
  set(flag: string, percent: number, mark: WriteMark, signal?: AbortSignal): Promise<void>;
};

/** The driver that a flags block names. */
export const flagDriverOf = (flags: FlagsBlock, env: Environment): FlagDriver =>
  'flagd' in flags ? flagdDriver(flags.flagd) : unleashDriver(flags.unleash, env);
