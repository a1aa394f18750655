import { condition, log } from '@temporalio/workflow';
import type { EventBody, LedgerEvent } from '../runbooks/events.ts';
import type { KeepInput } from './contract.ts';
import { newsSignal } from './delivery-messages.ts';
import { deliveryOf, startDelivery } from './delivery.ts';
import { Lane } from './lane.ts';
import type { DeliverInput, SlackBlock } from './telling.ts';
import { channelsOf, toldOf } from './telling.ts';

/** What of `keep` people are asked or told, and, where they were, that nothing is asked any more. */
const told: ReadonlySet<EventBody['type']> = new Set(['contract', 'command', 'keep-closed']);

/**
 * `keep`'s end of `deliver`, which mostly has ended with the rollout: then another one tells what is new, and ends. One
 * that still has to catch up with Slack is told, so that never two write to one thread. Pages nobody: a database that
 * keeps an old column wakes nobody.
 */
export class LateTeller {
  readonly #input: KeepInput;
  readonly #slack: SlackBlock | null;
  readonly #lane = new Lane<LedgerEvent>((event) => this.#tell(event));
  #began = false;

  constructor(input: KeepInput) {
    this.#input = input;
    this.#slack = channelsOf(input.file, input.place.environment).slack;
  }

  readonly tell = (event: LedgerEvent): void => {
    if (this.#slack === null || !told.has(event.body.type)) return;
    if (event.body.type === 'keep-closed' && !this.#began) return;
    this.#began = true;
    this.#lane.push(event);
  };

  run(): Promise<never> {
    return this.#lane.run();
  }

  /** Until everything has gone over: not until Slack has it. */
  async settle(): Promise<void> {
    await condition(() => this.#lane.idle);
  }

  async #tell(event: LedgerEvent): Promise<void> {
    const { rolloutId, place, file, release, requester, settings } = this.#input;
    const input: DeliverInput = {
      ...{ rolloutId, settings, place, kind: 'deploy', version: release.version },
      actor: requester ?? { id: 'sluice', via: 'system', groups: [] },
      channels: { page: null, slack: this.#slack },
      file: toldOf(file, place.environment),
      ...{ ledger: [], follows: false, carried: null, news: [event] },
    };
    while (!(await startDelivery(input))) {
      try {
        await deliveryOf(rolloutId).signal(newsSignal, [event]);
        return;
      } catch (error) {
        log.info('the delivery has just ended', { rolloutId, error: String(error) });
      }
    }
  }
}
