import type { Readings } from '../control.ts';

const everyMs = 1000;
const keptMs = 30 * 60_000;

/**
 * What was read of each version, once a second, for the last half hour: the gate learns the usual from it before a
 * rollout. In memory: a plane that was killed begins anew.
 */
export class History {
  readonly #kept = new Map<string, Readings[]>();
  readonly #timer: NodeJS.Timeout;

  /** `read` gives the present readings of every version. */
  constructor(read: () => ReadonlyMap<string, Readings>) {
    this.#timer = setInterval(() => {
      this.#take(read());
    }, everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #take(now: ReadonlyMap<string, Readings>): void {
    for (const version of this.#kept.keys()) if (!now.has(version)) this.#kept.delete(version);
    for (const [version, readings] of now) {
      const kept = this.#kept.get(version) ?? [];
      kept.push(readings);
      while ((kept[0]?.atMs ?? readings.atMs) < readings.atMs - keptMs) kept.shift();
      this.#kept.set(version, kept);
    }
  }

  /** From `sinceMs` on, in order, at least `stepMs` apart. */
  read(version: string, sinceMs: number, stepMs: number): readonly Readings[] {
    let last = Number.NEGATIVE_INFINITY;
    return (this.#kept.get(version) ?? []).filter(({ atMs }) => {
      // Half a reading's distance of grace, so that a timer that is late does not drop every other one.
      if (atMs < sinceMs || atMs - last < stepMs - everyMs / 2) return false;
      last = atMs;
      return true;
    });
  }
}
