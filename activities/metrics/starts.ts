import type { InstanceReading } from '../../src/gates/reading.ts';

/** Starts that are told a little differently each time (by uptime, or rounded) are the same. */
const sameMs = 2_000;

type Known = { readonly startedMs: number; readonly restarts: number };

/** One instance of a version, its counts, and when its process started (ms since the epoch; `null`: nobody tells). */
export type Started = { readonly reading: InstanceReading; readonly startedMs: number | null };

/**
 * Counts how often the process behind an instance was seen to start anew: what neither a page nor a Prometheus counts by
 * itself. One that was never seen before has not restarted; an earlier start than the last one is that of a replica
 * which is behind. It counts from when it is made: the gate takes a count that falls for one that began anew.
 */
export class Starts {
  readonly #known = new Map<string, Known>();

  /** The reading with the start and the restarts of its instance; `at` is the reading's own moment, ms since the epoch. */
  told(version: string, { reading, startedMs }: Started, at: number): InstanceReading {
    const restarts = this.#restarts(`${version} ${reading.id}`, startedMs);
    return {
      ...reading,
      ...(startedMs === null ? {} : { started: (startedMs - at) / 1000 }),
      ...(restarts === null ? {} : { restarts }),
    };
  }

  #restarts(key: string, startedMs: number | null): number | null {
    const known = this.#known.get(key);
    if (startedMs === null) return known?.restarts ?? null;
    if (known !== undefined && startedMs <= known.startedMs + sameMs) return known.restarts;
    const restarts = known === undefined ? 0 : known.restarts + 1;
    this.#known.set(key, { startedMs, restarts });
    return restarts;
  }
}
