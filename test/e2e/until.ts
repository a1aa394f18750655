import { setTimeout as delay } from 'node:timers/promises';

type Nothing = null | undefined | false;

/**
 * Awaits a condition and returns what it found. The deadline is for what hangs, not a measure of speed; `seen` says in
 * the error what was there instead.
 */
export const until = async <T>(
  what: string,
  probe: () => Promise<T | Nothing> | T | Nothing,
  { withinMs = 120_000, everyMs = 50, seen = (): string => '' } = {},
): Promise<T> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`Not within ${withinMs / 1000} s: ${what}. ${seen()}`.trim());
    await delay(everyMs);
  }
};
