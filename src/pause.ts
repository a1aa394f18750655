import { setTimeout as delay } from 'node:timers/promises';

/** What a pause may be told beside its length. */
type PauseOptions = {
  /** Ends the pause at once: whoever gave it sees that by the signal itself. */
  readonly signal: AbortSignal;
  /** Default: true, the process stays alive for the pause. */
  readonly ref?: boolean;
};

/** Resolves after `ms`, or as soon as the signal is given; whatever else goes wrong rejects. */
export const pause = async (ms: number, { signal, ref = true }: PauseOptions): Promise<void> => {
  try {
    await delay(ms, undefined, { signal, ref });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};
