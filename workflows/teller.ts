import { CancellationScope, condition, log } from '@temporalio/workflow';
import type { LedgerEvent } from '../runbooks/events.ts';
import { heeded } from '../runbooks/paging/heeded.ts';
import type { RolloutInput } from './contract.ts';
import { handOverSignal, newsSignal } from './delivery-messages.ts';
import { deliveryOf, startDelivery } from './delivery.ts';
import type { Channels } from './telling.ts';
import { channelsOf, toldOf } from './telling.ts';

const batchSize = 50;

/**
 * The rollout's end of `deliver`: what happens in one task of the workflow goes over in one signal, beside what the
 * rollout does and without the ledger. A service file that names nobody to tell starts nothing.
 */
export class Teller {
  readonly #input: RolloutInput;
  readonly #channels: Channels;
  readonly #queue: LedgerEvent[] = [];

  constructor(input: RolloutInput) {
    this.#input = input;
    this.#channels = channelsOf(input.service, input.environment);
  }

  get #active(): boolean {
    return this.#channels.page !== null || this.#channels.slack !== null;
  }

  get pages(): boolean {
    return this.#channels.page !== null;
  }

  readonly tell = (event: LedgerEvent): void => {
    if (!this.#active) return;
    // A message shows everything.
    if (this.#channels.slack === null && !heeded[event.body.type]) return;
    this.#queue.push(event);
  };

  /** As long as the rollout lives; a cancelled one tells its story, too. */
  async run(): Promise<void> {
    if (!this.#active) return;
    await CancellationScope.nonCancellable(async () => {
      await this.#start([]);
      for (;;) {
        await condition(() => this.#queue.length > 0);
        const batch = this.#queue.slice(0, batchSize);
        await this.#send(batch.filter(({ rolloutId }) => rolloutId === this.#input.rolloutId));
        for (const event of batch) if (event.rolloutId !== this.#input.rolloutId) await sendTo(event);
        this.#queue.splice(0, batch.length);
      }
    });
  }

  /** The last word: what is told goes over, and so does what the ledger has not taken. */
  async end(rest: readonly LedgerEvent[]): Promise<void> {
    await condition(() => this.#queue.length === 0, this.#input.settings.ledgerPatienceMs);
    if (rest.length === 0) return;
    if (!this.#active) return this.#start(rest);
    try {
      await deliveryOf(this.#input.rolloutId).signal(handOverSignal, rest);
    } catch (error) {
      log.info('everything was told already: the rest goes alone', { error: String(error) });
      await this.#start(rest);
    }
  }

  async #send(events: readonly LedgerEvent[]): Promise<void> {
    if (events.length === 0) return;
    const handle = deliveryOf(this.#input.rolloutId);
    try {
      await handle.signal(newsSignal, events);
    } catch (error) {
      // Ended from outside. Another one begins in the middle of the story: PagerDuty knows its incidents by their keys.
      log.warn('the delivery was gone and is started again', { error: String(error) });
      await this.#start([]);
      await handle.signal(newsSignal, events);
    }
  }

  /** `ledger`: without anything to follow, only these are to be written. */
  async #start(ledger: readonly LedgerEvent[]): Promise<void> {
    const { rolloutId, environment, service, settings, kind, version, actor } = this.#input;
    const began = await startDelivery({
      ...{ rolloutId, settings, kind, actor, ledger },
      place: { service: service.service, environment },
      channels: this.#channels,
      file: toldOf(service, environment),
      version: version ?? 'the last good release',
      follows: ledger.length === 0,
      carried: null,
    });
    // This rollout was reset to its beginning: what it had started goes on listening.
    if (!began && ledger.length > 0) await deliveryOf(rolloutId).signal(handOverSignal, ledger);
  }
}

/** The story of the rollout that this one has recovered ends, for whoever is told of it. */
const sendTo = async (event: LedgerEvent): Promise<void> => {
  try {
    await deliveryOf(event.rolloutId).signal(newsSignal, [event]);
  } catch (error) {
    log.info('nobody is told of the lost rollout', { rolloutId: event.rolloutId, error: String(error) });
  }
};
