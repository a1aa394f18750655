import type { WarningListener } from './engine.ts';
import type { EventListener } from './ledger.ts';
import type { StoredEvent } from './views.ts';
import { pause } from '../pause.ts';

/** Events per query; a subscriber is told as many at once at most. */
const page = 200;
/** Before a read that failed is tried again, in ms: doubled up to the longest. */
const firstPause = 100;
const longestPause = 5000;

type Subscriber = { position: number; live: boolean; readonly listener: EventListener };

export type HubOptions = {
  /** Events after a position, oldest first. */
  readonly read: (after: number, limit: number) => Promise<readonly StoredEvent[]>;
  /** Begins to call `onNews` whenever events may be new. Called with the first subscriber. */
  readonly listen: (onNews: () => void) => void;
  readonly warn: WarningListener;
};

/**
 * Feeds all subscribers of a process from one place. Those that have caught up are live: one query per burst of
 * notifications serves them all. Others read by themselves until they are.
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #subscribers = new Set<Subscriber>();
  readonly #stop = new AbortController();
  /** Every live subscriber has been told everything up to here. */
  #tail = 0;
  #listening = false;
  #reading = false;
  #news = false;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /** @returns what ends the subscription: the listener is never called after it */
  subscribe(after: number, listener: EventListener): () => void {
    const subscriber: Subscriber = { position: after, live: false, listener };
    this.#subscribers.add(subscriber);
    if (!this.#listening) {
      this.#listening = true;
      this.#options.listen(() => void this.#follow());
    }
    void this.#catchUp(subscriber);
    return () => void this.#subscribers.delete(subscriber);
  }

  close(): void {
    this.#stop.abort();
    this.#subscribers.clear();
  }

  #isClosed(): boolean {
    return this.#stop.signal.aborted;
  }

  #live(): readonly Subscriber[] {
    return [...this.#subscribers].filter((subscriber) => subscriber.live);
  }

  async #catchUp(subscriber: Subscriber): Promise<void> {
    while (this.#subscribers.has(subscriber)) {
      const events = await this.#read(subscriber.position);
      this.#tell(subscriber, events);
      if (events.length === page) continue;
      if (this.#live().length === 0) this.#tail = subscriber.position;
      // The live ones may have been told more while this one was reading.
      if (subscriber.position < this.#tail) continue;
      subscriber.live = true;
      // And something may have been written since, of which no live one was there to be told.
      await this.#follow();
      return;
    }
  }

  /** Tells the live ones what is new. News that arrive while it reads are one more round, however many they are. */
  async #follow(): Promise<void> {
    this.#news = true;
    if (this.#reading) return;
    this.#reading = true;
    while (this.#news && this.#live().length > 0) {
      this.#news = false;
      const events = await this.#read(this.#tail);
      this.#tail = events.at(-1)?.position ?? this.#tail;
      if (events.length === page) this.#news = true;
      for (const subscriber of this.#live()) this.#tell(subscriber, events);
    }
    this.#reading = false;
  }

  #tell(subscriber: Subscriber, events: readonly StoredEvent[]): void {
    const unseen = events.filter((event) => event.position > subscriber.position);
    const last = unseen.at(-1);
    if (last === undefined || !this.#subscribers.has(subscriber)) return;
    subscriber.position = last.position;
    try {
      subscriber.listener(unseen);
    } catch (error) {
      this.#options.warn('A subscriber of the ledger threw; the others are told all the same.', error);
    }
  }

  /** Reads until it succeeds or the hub is closed: a subscriber never loses events to a database that was away. */
  async #read(after: number): Promise<readonly StoredEvent[]> {
    let wait = firstPause;
    while (!this.#isClosed()) {
      try {
        return await this.#options.read(after, page);
      } catch (error) {
        if (this.#isClosed()) break;
        this.#options.warn(`Events could not be read; trying again in ${wait} ms.`, error);
        const { signal } = this.#stop;
        await pause(wait, { signal, ref: false });
        wait = Math.min(wait * 2, longestPause);
      }
    }
    return [];
  }
}
