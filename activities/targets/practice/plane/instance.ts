import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { get } from 'node:http';
import { Counters } from '../counters.ts';
import { siblingEntry } from '../entry.ts';
import { listeningMessageSchema } from '../app/start.ts';
import type { StartMessage } from '../app/start.ts';
import type { EventWriter } from './event-writer.ts';

export type InstanceSpec = {
  readonly service: string;
  readonly version: string;
  readonly id: string;
  readonly manifest: string;
  readonly seed: number;
};

/**
 * The first wait is long enough for a reader that looks every second to see the failures of a process that crashed
 * before a new one counts from 0.
 */
const restartMs = { first: 1000, longest: 10_000, forgetAfter: 30_000 };
const probeMs = { starting: 100, ready: 1000, timeout: 1000 };
const killAfterMs = 3000;

/** One place of a group, filled by one process at a time; a process that exits is started again with back-off. */
export class Instance {
  readonly spec: InstanceSpec;
  readonly #log: EventWriter;
  /** Of the present process; a new one counts from 0. */
  counters = new Counters();
  startedMs = Date.now();
  restarts = 0;
  ready = false;
  port: number | null = null;
  #child: ChildProcess | null = null;
  #timer: NodeJS.Timeout | null = null;
  #quickExits = 0;
  #stopping = false;
  #inFlight = 0;
  #waiting: (() => void)[] = [];

  constructor(spec: InstanceSpec, log: EventWriter) {
    this.spec = spec;
    this.#log = log;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    const { NODE_OPTIONS: _unused, ...env } = process.env;
    this.counters = new Counters();
    this.startedMs = Date.now();
    const child = fork(siblingEntry(import.meta.url, '../app/main'), [], {
      execArgv: [],
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    const pid = child.pid ?? 0;
    this.#log.append({ event: 'instance-started', ...this.#named(pid), restarts: this.restarts });
    const hello: StartMessage = {
      manifest: this.spec.manifest,
      instance: this.spec.id,
      seed: (this.spec.seed + this.restarts * 7919) >>> 0,
    };
    // A child that is gone before it could be told says so by its exit.
    child.send(hello, () => undefined);
    child.on('message', (message) => {
      this.port = listeningMessageSchema.parse(message).port;
      this.#probe(child);
    });
    child.once('exit', (code, signal) => this.#ended(pid, code, signal));
    child.once('error', (error) => {
      if (child.pid === undefined) this.#ended(pid, null, error.message);
    });
  }

  /** Resolves when no request is under way here, at the latest after `withinMs`. */
  async idle(withinMs: number): Promise<void> {
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** A request is under way until the returned function is called (once). */
  enter(): () => void {
    this.#inFlight += 1;
    return () => {
      this.#inFlight -= 1;
      if (this.#inFlight > 0) return;
      for (const resume of this.#waiting.splice(0)) resume();
    };
  }

  /** Ends the process in order, by force after 3 s, and does not start it again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.ready = false;
    this.#clearTimer();
    const child = this.#child;
    if (child === null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    await gone;
    clearTimeout(force);
  }

  #named(pid: number) {
    const { service, version, id } = this.spec;
    return { service, version, instance: id, pid };
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #ended(pid: number, code: number | null, signal: string | null): void {
    this.#child = null;
    this.ready = false;
    this.port = null;
    this.#clearTimer();
    this.#log.append({ event: 'instance-exited', ...this.#named(pid), code, signal });
    if (this.#stopping) return;
    if (Date.now() - this.startedMs > restartMs.forgetAfter) this.#quickExits = 0;
    const wait = Math.min(restartMs.longest, restartMs.first * 2 ** this.#quickExits);
    this.#quickExits += 1;
    this.#timer = setTimeout(() => {
      this.restarts += 1;
      this.start();
    }, wait);
  }

  #probe(child: ChildProcess): void {
    const { port } = this;
    if (port === null || this.#child !== child || this.#stopping) return;
    let settled = false;
    const settle = (ready: boolean): void => {
      if (settled || this.#child !== child || this.#stopping) return;
      settled = true;
      if (ready !== this.ready) {
        this.ready = ready;
        this.#log.append({
          event: ready ? 'instance-ready' : 'instance-unready',
          ...this.#named(child.pid ?? 0),
        });
      }
      this.#timer = setTimeout(() => this.#probe(child), ready ? probeMs.ready : probeMs.starting);
    };
    const request = get(
      { host: '127.0.0.1', port, path: '/healthz', agent: false, timeout: probeMs.timeout },
      (answer) => {
        answer.resume();
        settle(answer.statusCode === 200);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('close', () => settle(false));
    request.on('error', () => settle(false));
  }
}
