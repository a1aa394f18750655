import { CancellationScope, condition, isCancellation, log } from '@temporalio/workflow';
import type { LedgerEvent } from '../runbooks/events.ts';
import type { RolloutState } from '../runbooks/state.ts';
import type { Settings } from './contract.ts';
import { problemOf } from './problem.ts';
import { announce, follow } from './profiles.ts';
import type { AnnounceInput, MessageRef } from './telling.ts';

/** Lines of one announcement: a thread that has to catch up does it bit by bit. */
const mostNews = 50;

type Begin = Pick<AnnounceInput, 'rolloutId' | 'place' | 'slack'> & {
  readonly settings: Settings;
  readonly state: RolloutState | null;
  readonly revision: number;
  readonly message: MessageRef | null;
};

/** The message of one rollout in Slack. What happens while one edit is on its way is told by the next, all at once. */
export class Announcing {
  readonly #begin: Begin;
  readonly #news: LedgerEvent[] = [];
  #busy = false;
  #last = false;
  state: RolloutState | null;
  revision: number;
  message: MessageRef | null;

  constructor(begin: Begin) {
    this.#begin = begin;
    this.state = begin.state;
    this.revision = begin.revision;
    this.message = begin.message;
  }

  push(event: LedgerEvent): void {
    this.#news.push(event);
  }

  get idle(): boolean {
    return this.#news.length === 0 && !this.#busy;
  }

  async run(): Promise<never> {
    for (;;) {
      await condition(() => this.#news.length > 0);
      this.#busy = true;
      await this.#announce(this.#news.splice(0, mostNews));
      if (this.state === 'watching' && this.#news.length === 0) await this.#follow();
      this.#busy = false;
    }
  }

  #input(news: readonly LedgerEvent[]): AnnounceInput {
    const { rolloutId, place, slack } = this.#begin;
    this.revision += 1;
    const { revision, state, message } = this;
    return { rolloutId, place, slack, revision, news, state, message, last: this.#last };
  }

  async #announce(news: readonly LedgerEvent[]): Promise<void> {
    for (const { body } of news) {
      if (body.type === 'state' || body.type === 'closed') this.state = body.state;
      this.#last ||= body.type === 'closed';
    }
    try {
      const { message } = await announce(this.#begin.settings).announce(this.#input(news));
      this.message = message;
    } catch (error) {
      // Refused for good: the next one may be taken, and the ledger has it all.
      log.error('Slack refused an announcement', { problem: problemOf(error) });
    }
  }

  /** Fresh numbers until something happens. */
  async #follow(): Promise<void> {
    const scope = new CancellationScope({ cancellable: true });
    const following = scope.run(() => follow(this.#begin.settings).follow(this.#input([])));
    const over = following.catch((error: unknown) => {
      if (!isCancellation(error)) log.warn('a message is not kept fresh', { problem: problemOf(error) });
    });
    await condition(() => this.#news.length > 0);
    scope.cancel();
    await over;
  }
}
