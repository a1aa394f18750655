import { condition } from '@temporalio/workflow';

/** Things that are done one after the other, in order, each once. What waits in one lane holds up no other. */
export class Lane<Item> {
  readonly #waiting: Item[] = [];
  readonly #work: (item: Item) => Promise<void>;
  #busy = false;

  constructor(work: (item: Item) => Promise<void>) {
    this.#work = work;
  }

  push(...items: readonly Item[]): void {
    this.#waiting.push(...items);
  }

  get idle(): boolean {
    return this.#waiting.length === 0 && !this.#busy;
  }

  /** As long as the workflow lives. `work` must not throw: what fails is its own to tell. */
  async run(): Promise<never> {
    for (;;) {
      await condition(() => this.#waiting.length > 0);
      const [item] = this.#waiting.splice(0, 1);
      if (item === undefined) continue;
      this.#busy = true;
      await this.#work(item);
      this.#busy = false;
    }
  }
}
