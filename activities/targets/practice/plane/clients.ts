import type { ClientSeconds } from '../control.ts';

const keptSeconds = 600;

type Counts = { ok: number; error: number };

/**
 * What the clients of a service saw, per second in which they asked and per version that answered, for the last ten
 * minutes: a witness on the other side of the proxy. `none` stands for requests that no version answered.
 */
export class ClientWitness {
  readonly #seconds = new Map<number, Map<string, Counts>>();

  record(askedMs: number, version: string, ok: boolean): void {
    const second = Math.floor(askedMs / 1000);
    let served = this.#seconds.get(second);
    if (served === undefined) {
      served = new Map();
      this.#seconds.set(second, served);
      for (const old of this.#seconds.keys()) if (old < second - keptSeconds) this.#seconds.delete(old);
    }
    const counts = served.get(version) ?? { ok: 0, error: 0 };
    if (ok) counts.ok += 1;
    else counts.error += 1;
    served.set(version, counts);
  }

  /** Seconds since the epoch from `since` on, in order; one without requests is left out. */
  read(since: number): ClientSeconds {
    const seconds = [...this.#seconds]
      .filter(([second]) => second >= since)
      .sort(([a], [b]) => a - b)
      .map(([second, served]) => ({
        second,
        served: Object.fromEntries([...served].map(([version, counts]) => [version, { ...counts }])),
      }));
    return { seconds };
  }
}
