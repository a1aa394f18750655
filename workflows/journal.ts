import { CancellationScope, condition } from '@temporalio/workflow';
import type { Actor } from '../runbooks/access.ts';
import type { EventBody, LedgerEvent } from '../runbooks/events.ts';
import type { Settings } from './contract.ts';
import { record } from './profiles.ts';

const batchSize = 20;

/**
 * The events of one workflow on their way to the ledger: in order, each once, and never waited for by the way back.
 * Ids are `<source>/<n>`; the run that wrote them is known to the `record` activity, should a reset repeat a number.
 */
export class Journal {
  readonly #rolloutId: string;
  readonly #source: 'rollout' | 'keep' | 'deliver';
  readonly #settings: Settings;
  readonly #queue: LedgerEvent[] = [];
  /** Told of every event as it is noted. */
  readonly #tell: (event: LedgerEvent) => void;
  #count: number;

  constructor(
    rolloutId: string,
    source: 'rollout' | 'keep' | 'deliver',
    settings: Settings,
    more: { readonly tell?: (event: LedgerEvent) => void; readonly count?: number } = {},
  ) {
    this.#rolloutId = rolloutId;
    this.#source = source;
    this.#settings = settings;
    this.#tell = more.tell ?? (() => undefined);
    this.#count = more.count ?? 0;
  }

  /** How many it has noted. */
  get count(): number {
    return this.#count;
  }

  /** Whether the ledger has everything. */
  get drained(): boolean {
    return this.#queue.length === 0;
  }

  /** Takes over what another workflow could not write. */
  takeOver(events: readonly LedgerEvent[]): void {
    this.#queue.push(...events);
  }

  note(body: EventBody, by: { readonly actor?: Actor | null; readonly reason?: string | null } = {}): void {
    this.#count += 1;
    this.#push({
      rolloutId: this.#rolloutId,
      id: `${this.#source}/${String(this.#count)}`,
      at: new Date(Date.now()).toISOString(),
      actor: by.actor ?? null,
      body,
      texts: by.reason === undefined || by.reason === null ? {} : { reason: by.reason },
    });
  }

  #push(event: LedgerEvent): void {
    this.#queue.push(event);
    this.#tell(event);
  }

  /** Closes, in its own story, the rollout whose run was ended in Temporal and that this one has recovered. */
  noteLost(rolloutId: string, sentence: string): void {
    this.#push({
      rolloutId,
      id: 'recover/1',
      at: new Date(Date.now()).toISOString(),
      actor: null,
      body: {
        type: 'closed',
        state: 'rolled-back',
        sentence: `Its run was ended in Temporal; rollout ${this.#rolloutId} took the traffic back: ${sentence}`,
      },
      texts: {},
    });
  }

  /** Drains the queue as long as the workflow lives. Runs beside it; a cancelled rollout still tells its story. */
  async drain(): Promise<never> {
    return CancellationScope.nonCancellable(async () => {
      for (;;) {
        await condition(() => this.#queue.length > 0);
        const batch = this.#queue.slice(0, batchSize);
        await record(this.#settings).record(batch);
        this.#queue.splice(0, batch.length);
      }
    });
  }

  /** Waits for the ledger, but not for ever: returns what it has not taken yet. */
  async settle(): Promise<readonly LedgerEvent[]> {
    return CancellationScope.nonCancellable(async () => {
      await condition(() => this.#queue.length === 0, this.#settings.ledgerPatienceMs);
      return [...this.#queue];
    });
  }
}
