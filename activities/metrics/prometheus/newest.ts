import type { TimedInstance } from './assemble.ts';

/**
 * Remembers the newest scrape of each instance of an arm. Several Prometheus replicas behind one address answer newer
 * and older by turns; an older count would look like a restart, so what was known already is said again instead.
 */
export class NewestScrapes {
  readonly #known = new Map<string, TimedInstance>();
  readonly #freshMs: number;

  constructor(freshMs: number) {
    this.#freshMs = freshMs;
  }

  /** The instances that were found, each as new as it was ever seen. */
  keep(found: readonly TimedInstance[]): readonly TimedInstance[] {
    const kept = found.map((now) => {
      const before = this.#known.get(now.reading.id);
      return before !== undefined && before.time > now.time ? before : now;
    });
    for (const instance of kept) this.#known.set(instance.reading.id, instance);
    const newest = Math.max(...[...this.#known.values()].map(({ time }) => time));
    for (const [id, { time }] of this.#known) {
      if (newest - time > this.#freshMs) this.#known.delete(id);
    }
    return kept;
  }
}
