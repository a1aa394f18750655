import { condition } from '@temporalio/workflow';
import { sayDuration } from '../runbooks/units.ts';

/** Shares of the time after which people are reminded. */
const reminders = [0.5, 0.8] as const;

/**
 * Whether it came true before `until` (ms since 1970). Who could make it so is reminded on the way; `remind` is told how
 * much time is left.
 */
export const decidedInTime = async (
  decided: () => boolean,
  until: number,
  remind: (left: string) => void,
): Promise<boolean> => {
  const from = Date.now();
  const by = (at: number): Promise<boolean> => condition(decided, Math.max(1, at - Date.now()));
  for (const share of reminders) {
    if (await by(from + share * (until - from))) return true;
    remind(sayDuration(until - Date.now()));
  }
  return by(until);
};
