import { Cron } from 'croner';
import type { ActiveFreeze, FreezeBlock } from '../runbooks/freeze-block.ts';

/** One that lasts longest of those that are on at `nowMs`; `null`: none is. Beginnings are wall-clock times of the zone. */
export const activeFreeze = (
  freeze: Pick<FreezeBlock, 'windows'> | undefined,
  nowMs: number,
): ActiveFreeze | null => {
  let longest: ActiveFreeze | null = null;
  for (const { cron, for: forMs, zone, reason } of freeze?.windows ?? []) {
    // Asked a second later, so that a freeze is on from the very instant of its beginning; the next may be among them.
    const last = new Cron(cron, { timezone: zone })
      .previousRuns(2, new Date(nowMs + 1000))
      .find((begin) => begin.getTime() <= nowMs);
    if (last === undefined || last.getTime() + forMs <= nowMs) continue;
    const until = new Date(last.getTime() + forMs).toISOString();
    if (longest === null || until > longest.until) longest = { reason, until };
  }
  return longest;
};

/** Why the line can not be kept; `null`: it can. */
export const cronProblem = (cron: string): string | null => {
  try {
    // The zone is judged beside it.
    return new Cron(cron, { timezone: 'UTC' }).nextRun() === null ? 'never comes' : null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message;
  }
};

/** Whether this machine knows the time zone. */
export const isZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};
