import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { PracticeEvent } from '../../activities/targets/practice/event-log.ts';
import { readPracticeEvents } from '../../activities/targets/practice/event-log.ts';
import { planeHealth } from '../../activities/targets/practice/lifecycle.ts';
import { readDaemonFile } from '../../src/home.ts';
import { practiceHome } from '../../worker/targets.ts';
import { readRecord } from '../../worker/temporal-process.ts';
import { Api } from './api.ts';
import type { ServiceSpec } from './files.ts';
import { Files } from './files.ts';
import { commandLines, kill, killAtExit } from './processes.ts';
import { TestService } from './test-service.ts';
import { until } from './until.ts';

export const root = path.resolve(import.meta.dirname, '../..');

/** The developer's own settings are not the daemon's; which Temporal to run is the machine's matter. */
export const plainEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => name === 'SLUICE_TEMPORAL_CLI' || !/^(?:SLUICE|TEMPORAL|NODE_OPTIONS)/.test(name),
    ),
  );

const startWithinMs = 60_000;
const stopWithinMs = 40_000;

/** `sluiced dev` as people run it, in a temporary data folder, with everything that it starts. */
export class Dev {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'sluice-e2e-'));
  readonly home = path.join(this.folder, 'home');
  readonly practice = practiceHome(this.home);
  readonly api = new Api(this.home);
  readonly files: Files;
  readonly #logFile = path.join(this.folder, 'daemon.log');
  readonly #started = new Set<number>();
  #daemon: ChildProcess | null = null;

  /** Variables of this daemon alone. */
  readonly #own: Readonly<Record<string, string>>;

  private constructor(specs: readonly ServiceSpec[], own: Readonly<Record<string, string>>) {
    this.#own = own;
    this.files = new Files(this.folder, specs);
    killAtExit(() => this.#started);
  }

  /** Everything up, with these services in it. What could not be brought up is taken down again. */
  static async start(
    specs: readonly ServiceSpec[],
    own: Readonly<Record<string, string>> = {},
  ): Promise<Dev> {
    const dev = new Dev(specs, own);
    try {
      await dev.up();
      return dev;
    } catch (error) {
      await dev.stop();
      throw error;
    }
  }

  get environment(): NodeJS.ProcessEnv {
    return {
      ...plainEnvironment(),
      SLUICE_HOME: this.home,
      SLUICE_SERVICES: this.files.services,
      SLUICE_PRACTICE: this.files.practice,
      SLUICE_PORT: '0',
      ...this.#own,
    };
  }

  get pid(): number {
    const pid = this.#daemon?.pid;
    if (pid === undefined) throw new Error('The daemon does not run.');
    return pid;
  }

  /** A daemon on the data folder, as it was left. Resolves when it answers. */
  async up(): Promise<void> {
    const log = openSync(this.#logFile, 'a', 0o600);
    const daemon = spawn(process.execPath, ['worker/main.ts', 'dev'], {
      cwd: root,
      env: this.environment,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#daemon = daemon;
    if (daemon.pid !== undefined) this.#started.add(daemon.pid);
    await until(
      'the daemon is ready',
      () => {
        if (daemon.exitCode !== null) throw new Error(`The daemon ended by itself.\n${this.log()}`);
        return readDaemonFile(this.home)?.pid === daemon.pid;
      },
      { withinMs: startWithinMs, seen: () => this.log() },
    );
    for (const pid of await this.helpers()) this.#started.add(pid);
  }

  /** Temporal and the plane: what outlives a killed daemon. */
  async helpers(): Promise<readonly number[]> {
    const server = await readRecord(path.join(this.home, 'temporal'));
    const plane = await planeHealth(this.practice);
    return [server?.pid, plane?.pid].filter((pid) => pid !== undefined);
  }

  /** A service of this daemon, for one test. */
  service(name: string): TestService {
    return new TestService(this, name);
  }

  /** Everything that was done to the practice plane. */
  practiceEvents(): Promise<readonly PracticeEvent[]> {
    return readPracticeEvents(this.practice);
  }

  /** Speaks to Temporal as a person with its command line would, past Sluice. */
  async temporal<T>(use: (client: Client) => Promise<T>): Promise<T> {
    const record = await readRecord(path.join(this.home, 'temporal'));
    if (record === null) throw new Error('The data folder has no record of a Temporal server.');
    const connection = await Connection.connect({ address: `127.0.0.1:${record.port}` });
    try {
      return await use(new Client({ connection }));
    } finally {
      await connection.close();
    }
  }

  /**
   * Stops Temporal's process where it stands, so that its port takes connections and nobody answers. Afterwards it goes
   * on, or it is killed where it stands and the daemon starts another one on its database.
   */
  async withoutTemporal<T>(
    work: () => Promise<T>,
    { then }: { readonly then: 'SIGCONT' | 'SIGKILL' } = { then: 'SIGCONT' },
  ): Promise<T> {
    const record = await readRecord(path.join(this.home, 'temporal'));
    if (record === null) throw new Error('There is no Temporal.');
    kill(record.pid, 'SIGSTOP');
    try {
      return await work();
    } finally {
      kill(record.pid, then);
    }
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM, and the exit code. */
  async terminate(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const daemon = this.#daemon;
    if (daemon === null) return null;
    this.#daemon = null;
    if (daemon.exitCode !== null || daemon.signalCode !== null) return daemon.exitCode;
    const gone = once(daemon, 'exit', { signal: AbortSignal.timeout(stopWithinMs) });
    daemon.kill(signal);
    await gone;
    return daemon.exitCode;
  }

  /** Processes that this daemon, its predecessors or the plane have ever started and that still live. */
  async leftBehind(): Promise<ReadonlyMap<number, string>> {
    const events = await this.practiceEvents().catch(() => []);
    const own = new Set(this.#started);
    for (const event of events) {
      if (event.event === 'plane-started' || event.event === 'instance-started') own.add(event.pid);
    }
    // A number may have been given to somebody else's process since.
    const ours = /worker\/main\.ts dev|practice|temporal/;
    const living = [...(await commandLines())];
    return new Map(
      living.filter(([pid, args]) => args.includes(this.home) || (own.has(pid) && ours.test(args))),
    );
  }

  /** In order. Rejects where the daemon did not end well or left a process behind; none is left after that. */
  async stop(): Promise<void> {
    try {
      const code = await this.terminate();
      const left = [...(await this.leftBehind()).values()];
      if (code !== 0 || left.length > 0) {
        throw new Error(
          `The daemon ended with ${code ?? 'a signal'} and left [${left.join('; ')}].\n${this.log()}`,
        );
      }
      rmSync(this.folder, { recursive: true, force: true });
    } finally {
      for (const pid of (await this.leftBehind()).keys()) kill(pid, 'SIGKILL');
      this.#started.clear();
    }
  }

  /** The end of the daemon's log, for whoever looks for the reason of a failure. */
  log(): string {
    return readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-25).join('\n');
  }
}
