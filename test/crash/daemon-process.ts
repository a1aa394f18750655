import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { until } from './until.ts';

export type DaemonOptions = {
  /** Folder of plan and trace. */
  readonly crash: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
};

/** One process of the daemon, from its start to its death. Ms since the epoch. */
export type Life = {
  readonly pid: number;
  readonly startedAt: number;
  readyAt: number | null;
  endedAt: number | null;
};

const helloSchema = z.object({ url: z.string() });
const readyWithinMs = 60_000;
const stopWithinMs = 40_000;

/** The daemon of one data folder: one that is killed is followed by the next at once, as a supervisor would do it. */
export class DaemonProcess {
  readonly lives: Life[] = [];
  readonly #options: DaemonOptions;
  #child: ChildProcess | null = null;
  #wanted = false;
  #abandoned = false;
  #fault: string | null = null;

  constructor(options: DaemonOptions) {
    this.#options = options;
  }

  /** Of the present or the last one. */
  get pid(): number | null {
    return this.#life?.pid ?? null;
  }

  get #life(): Life | null {
    return this.lives.at(-1) ?? null;
  }

  /** Starts it if it is not there, and waits for nothing. */
  start(): void {
    this.#wanted = true;
    if (this.#child === null) this.#spawn();
  }

  /** Starts it if it is not there; resolves when it answers. Rejects when it ended by itself. */
  async up(): Promise<void> {
    this.start();
    await until('the daemon is ready', () => this.#isReady(), { withinMs: readyWithinMs });
  }

  #isReady(): boolean {
    this.check();
    return this.#life?.readyAt !== null && this.#life?.endedAt === null;
  }

  /** @throws Error when a daemon ended other than by our kill */
  check(): void {
    if (this.#fault !== null) throw new Error(this.#fault);
  }

  /** SIGKILL, and nobody follows until `up`. */
  async kill(): Promise<void> {
    this.#wanted = false;
    this.#child?.kill('SIGKILL');
    await until('the killed daemon is gone', () => this.#child === null);
  }

  /** In order. Rejects when it has to be ended by force. */
  async stop(): Promise<void> {
    this.#wanted = false;
    const child = this.#child;
    if (child === null) return;
    child.kill('SIGTERM');
    try {
      await until('the daemon stops', () => this.#child === null, { withinMs: stopWithinMs });
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** Nobody follows any more, whoever asks: what runs is about to be ended from outside. */
  abandon(): void {
    this.#abandoned = true;
    this.#fault = 'The lane was stopped.';
  }

  #spawn(): void {
    if (this.#abandoned) return;
    const { crash, env, logFile } = this.#options;
    const log = openSync(logFile, 'a', 0o600);
    const child = fork(join(import.meta.dirname, 'daemon.ts'), [crash], {
      // Ctrl-C is the runner's to hear: it ends everything in order.
      detached: true,
      // The ledger's WebAssembly only has to run soon, not fast: most lives end within seconds.
      execArgv: ['--liftoff-only'],
      env,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    const life: Life = { pid: child.pid ?? 0, startedAt: Date.now(), readyAt: null, endedAt: null };
    this.#child = child;
    this.lives.push(life);
    child.on('message', (message) => {
      helloSchema.parse(message);
      life.readyAt = Date.now();
    });
    child.once('error', (error) => {
      this.#fault = `The daemon could not be started: ${error.message}`;
    });
    child.once('exit', (code, signal) => {
      life.endedAt = Date.now();
      this.#child = null;
      if (!this.#wanted || this.#abandoned) return;
      if (signal === 'SIGKILL') this.#spawn();
      else this.#fault = `The daemon ended by itself: ${signal ?? `code ${String(code)}`}.`;
    });
  }
}
