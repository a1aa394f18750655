import { setTimeout as delay } from 'node:timers/promises';

type Nothing = null | undefined | false;

/**
 * Awaits a condition. The deadline is for what hangs, not a measure of speed. `seen` adds to its error what was there
 * instead. The deadline begins anew whenever what `moving` gives has changed. A probe that throws ends the wait.
 */
export const until = async <T>(
  what: string,
  probe: () => Promise<T | Nothing> | T | Nothing,
  { withinMs = 90_000, everyMs = 50, seen = (): string => '', moving = (): unknown => null } = {},
): Promise<T> => {
  let deadline = Date.now() + withinMs;
  let where = moving();
  for (;;) {
    const found = await probe();
    if (found !== null && found !== undefined && found !== false) return found;
    const now = moving();
    if (now !== where) deadline = Date.now() + withinMs;
    where = now;
    if (Date.now() > deadline)
      throw new Error(
        `Not within ${withinMs / 1000} s${where === null ? '' : ' after the last sign of life'}: ${what}. ${seen()}`.trim(),
      );
    await delay(everyMs);
  }
};
