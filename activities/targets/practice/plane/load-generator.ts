import { Agent, request } from 'node:http';
import type { Load } from '../control.ts';
import { exponential, seededRandom } from '../prng.ts';
import type { Random } from '../prng.ts';
import type { ClientWitness } from './clients.ts';
import { servedBy } from './proxy.ts';

const clientTimeoutMs = 10_000;
/** Beyond this many unanswered requests, arrivals are booked as errors at once: the machine has to survive, too. */
const mostUnderWay = 4000;
/** After a pause of the process (a suspended machine) arrivals are not made up for beyond this. */
const longestBacklogMs = 1000;
const cartItem = JSON.stringify({ sku: 'practice' });

/**
 * Clients of one service. Arrivals are a Poisson process that doesn't wait for answers (open loop): a slow service
 * gets no fewer requests. Begins when `open()` says that some version has traffic.
 */
export class LoadGenerator {
  readonly #port: number;
  readonly #load: Load;
  readonly #witness: ClientWitness;
  readonly #open: () => boolean;
  readonly #random: Random;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 256, timeout: 30_000, scheduling: 'lifo' });
  #timer: NodeJS.Timeout | null = null;
  #nextMs = performance.now();
  #underWay = 0;
  #idle: (() => void) | null = null;

  constructor(port: number, load: Load, witness: ClientWitness, open: () => boolean) {
    this.#port = port;
    this.#load = load;
    this.#witness = witness;
    this.#open = open;
    this.#random = seededRandom(load.seed ?? Math.trunc(Math.random() * 0xffff_ffff));
  }

  start(): void {
    if (this.#load.rate > 0) this.#plan();
  }

  /** No more arrivals; resolves when the last request has its answer. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#agent.destroy();
  }

  #plan(): void {
    const now = performance.now();
    this.#nextMs = Math.max(this.#nextMs, now - longestBacklogMs);
    this.#nextMs += exponential(this.#random, this.#load.rate) * 1000;
    this.#timer = setTimeout(() => this.#arrive(), Math.max(0, this.#nextMs - now));
  }

  /** Timers are late by up to some ms: every arrival that is due by now goes out together. */
  #arrive(): void {
    do {
      if (this.#open()) this.#ask();
      this.#nextMs += exponential(this.#random, this.#load.rate) * 1000;
    } while (this.#nextMs <= performance.now());
    this.#timer = setTimeout(() => this.#arrive(), Math.max(0, this.#nextMs - performance.now()));
  }

  #ask(): void {
    const askedMs = Date.now();
    if (this.#underWay >= mostUnderWay) {
      this.#witness.record(askedMs, 'none', false);
      return;
    }
    const post = this.#random() < this.#load.posts;
    const path = post || this.#random() < 0.5 ? '/api/cart' : '/';
    this.#underWay += 1;
    let over = false;
    const finish = (version: string, ok: boolean): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      this.#witness.record(askedMs, version, ok);
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#idle?.();
    };
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: this.#port,
        agent: this.#agent,
        method: post ? 'POST' : 'GET',
        path,
        headers: post
          ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(cartItem) }
          : {},
      },
      (answer) => {
        const by = answer.headers[servedBy];
        const version = typeof by === 'string' ? (by.split('/', 1)[0] ?? 'none') : 'none';
        answer.on('end', () => finish(version, (answer.statusCode ?? 500) < 500));
        answer.on('error', () => finish(version, false));
        answer.resume();
      },
    );
    const timer = setTimeout(() => {
      finish('none', false);
      outgoing.destroy();
    }, clientTimeoutMs);
    outgoing.on('error', () => finish('none', false));
    outgoing.end(post ? cartItem : undefined);
  }
}
