import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

export type Answer = { readonly at: number; readonly version: string | null; readonly status: number };

/** Clients that ask at a steady rate, whatever the answers do; one in five with a POST, which nobody may send twice. */
export class SteadyLoad {
  readonly answers: Answer[] = [];
  readonly failures: string[] = [];
  readonly #agent = new Agent({ keepAlive: true });
  readonly #under = new Set<Promise<void>>();
  readonly #url: string;
  readonly #timer: NodeJS.Timeout;
  #asked = 0;

  constructor(url: string, rate: number) {
    this.#url = url;
    const began = Date.now();
    this.#timer = setInterval(() => {
      // A busy machine fires late: what is due is asked all the same.
      for (const due = ((Date.now() - began) / 1000) * rate; this.#asked < due;) this.#send();
    }, 5);
  }

  #send(): void {
    this.#asked += 1;
    const method = this.#asked % 5 === 0 ? 'POST' : 'GET';
    const asked = new Promise<void>((resolve) => {
      const fail = (why: string): void => {
        this.failures.push(`${method}: ${why}`);
        resolve();
      };
      const outgoing = request(this.#url, { method, agent: this.#agent, timeout: 30_000 }, (answer) => {
        answer.resume();
        answer.on('error', (error) => {
          fail(error.message);
        });
        answer.on('end', () => {
          const status = answer.statusCode ?? 0;
          const version = answer.headers['x-version'];
          this.answers.push({
            at: Date.now(),
            status,
            version: typeof version === 'string' ? version : null,
          });
          if (status !== 200) this.failures.push(`${method}: ${String(status)}`);
          resolve();
        });
      });
      outgoing.on('error', (error) => {
        fail(error.message);
      });
      outgoing.end(method === 'POST' ? '{}' : undefined);
    });
    this.#under.add(asked);
    void asked.finally(() => this.#under.delete(asked));
  }

  /** Awaits so many more answers; returns them. */
  async next(many: number): Promise<readonly Answer[]> {
    const from = this.answers.length;
    for (const deadline = Date.now() + 60_000; this.answers.length < from + many;) {
      if (Date.now() > deadline)
        throw new Error(`No ${String(many)} answers: ${this.failures.slice(-3).join('; ')}`);
      await pause(5);
    }
    return this.answers.slice(from, from + many);
  }

  /** Asks no more, and awaits what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#under);
    this.#agent.destroy();
  }
}
