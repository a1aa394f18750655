import { ActivityFailure, log } from '@temporalio/workflow';
import type { Actor } from '../runbooks/access.ts';
import type { PageEvent } from '../runbooks/paging/events.ts';
import type { ChangeFacts } from '../runbooks/paging/facts.ts';
import type { PageBlock } from '../runbooks/paging/page-block.ts';
import type { Settings } from './contract.ts';
import { Lane } from './lane.ts';
import { problemOf } from './problem.ts';
import { change, pagePatiently, pageSoon } from './profiles.ts';
import type { PageOrder } from './telling.ts';

/** An order without what the pager adds itself. */
export type Wanted = PageOrder extends infer Order
  ? Order extends PageOrder
    ? Omit<Order, 'incident' | 'number' | 'at'>
    : never
  : never;

/**
 * One incident on its way to PagerDuty: alerts in their order until each is delivered, changes beside them, because an
 * alert must not wait for what only explains it.
 */
export class Pager {
  readonly #page: PageBlock;
  readonly #settings: Settings;
  readonly #incident: string;
  readonly #note: (event: PageEvent, by: Actor | null) => void;
  readonly #alerts = new Lane<PageOrder>((order) => this.#send(order));
  readonly #changes = new Lane<ChangeFacts>((facts) => this.#tell(facts));
  #count: number;

  constructor(
    page: PageBlock,
    settings: Settings,
    incident: string,
    note: (event: PageEvent, by: Actor | null) => void,
    count = 0,
  ) {
    this.#page = page;
    this.#settings = settings;
    this.#incident = incident;
    this.#note = note;
    this.#count = count;
  }

  /** Orders so far. */
  get count(): number {
    return this.#count;
  }

  get idle(): boolean {
    return this.#alerts.idle && this.#changes.idle;
  }

  run(): void {
    void this.#alerts.run();
    void this.#changes.run();
  }

  order(wanted: Wanted): void {
    this.#count += 1;
    const at = new Date(Date.now()).toISOString();
    this.#alerts.push({ ...wanted, incident: this.#incident, number: this.#count, at });
  }

  change(facts: ChangeFacts): void {
    this.#changes.push(facts);
  }

  async #send(order: PageOrder): Promise<void> {
    const input = { page: this.#page, order };
    const about = { incident: order.incident, action: order.do } as const;
    const by = order.do === 'acknowledge' ? order.by : null;
    try {
      let summary: string;
      try {
        summary = await pageSoon(this.#settings).page(input);
      } catch (error) {
        if (isFinal(error)) throw error;
        this.#note({ type: 'page-late', ...about, problem: problemOf(error) }, by);
        summary = await pagePatiently(this.#settings).page(input);
      }
      const severity = order.do === 'trigger' ? order.severity : null;
      const waitedMs = Date.now() - Date.parse(order.at);
      this.#note({ type: 'page-sent', ...about, severity, summary, waitedMs }, by);
    } catch (error) {
      this.#note({ type: 'page-failed', ...about, problem: problemOf(error) }, by);
    }
  }

  /** What changed is told if it can be; nobody waits for it, and nobody is told that it could not. */
  async #tell(facts: ChangeFacts): Promise<void> {
    try {
      await change(this.#settings).tellChange({ page: this.#page, facts });
    } catch (error) {
      log.warn('a change could not be told to PagerDuty', { problem: problemOf(error) });
    }
  }
}

const isFinal = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.retryState === 'NON_RETRYABLE_FAILURE';
