import { setImmediate } from 'node:timers/promises';

type Waiting<T, R> = {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (reason: unknown) => void;
};

/** In one statement: its parameters are numbered, and there is an end to numbers. */
const most = 500;

/**
 * Of calls that come while one is on its way the next statement makes one: a burst of them costs a few statements and
 * not as many as there are callers. `work` gets them in the order in which they came and answers each at its place;
 * where it rejects, so do all of them.
 */
export const together = <T, R>(
  work: (items: readonly T[]) => Promise<readonly R[]>,
): ((item: T) => Promise<R>) => {
  let waiting: Waiting<T, R>[] = [];
  let busy = false;
  const run = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) {
      // The embedded database answers before anything else is read from the network: whoever is there is let in first.
      await setImmediate();
      const now = waiting.slice(0, most);
      waiting = waiting.slice(most);
      try {
        const results = await work(now.map(({ item }) => item));
        if (results.length !== now.length) throw new Error('Not every call has its answer.');
        now.forEach(({ resolve }, index) => resolve(results[index] as R));
      } catch (error) {
        for (const { reject } of now) reject(error);
      }
    }
    busy = false;
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!busy) void run();
    });
};
