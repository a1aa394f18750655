import { pause } from './pause.ts';

/** What the work comes to in time; `null`: it goes on. Whoever gives it up takes care of what it comes to. */
export const within = async <T>(ms: number, work: Promise<T>): Promise<T | null> => {
  const over = new AbortController();
  const late = pause(ms, { signal: over.signal, ref: false }).then(() => null);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
    // It lost the race and may fail later, when nobody waits for it any more.
    work.catch(() => undefined);
  }
};
