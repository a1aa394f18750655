import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { plainEnvironment, root } from '../e2e/dev.ts';
import { kill, killAtExit } from '../e2e/processes.ts';
import { until } from '../e2e/until.ts';

const startWithinMs = 60_000;
const stopWithinMs = 30_000;

/** `sluiced` as a process of its own, with these variables and none of the developer's. */
export class Sluiced {
  readonly said = { out: '', err: '' };
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, ['worker/main.ts', ...args], {
      cwd: root,
      env: { ...plainEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.said.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.said.err += text));
    this.#closed = once(child, 'close');
    this.#child = child;
    killAtExit(() => (child.pid === undefined || child.exitCode !== null ? [] : [child.pid]));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it says that it is ready. */
  async ready(): Promise<this> {
    await until(
      `sluiced ${this.#child.spawnargs.slice(2).join(' ')} is ready`,
      () => {
        if (this.#child.exitCode !== null) throw new Error(`It has ended: ${this.said.err}`);
        return this.said.out.includes('ready in ');
      },
      { withinMs: startWithinMs, seen: () => this.said.err },
    );
    return this;
  }

  /** Waits for its own end. */
  async end(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  /** SIGTERM, and the exit code; by force where it does not obey. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    this.#child.kill('SIGTERM');
    const force = setTimeout(() => kill(this.pid, 'SIGKILL'), stopWithinMs);
    const code = await this.end();
    clearTimeout(force);
    return code;
  }
}

/** Runs a command of `sluiced` to its end. */
export const runSluiced = async (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly exit: number | null; readonly out: string; readonly err: string }> => {
  const sluiced = new Sluiced(args, env);
  const exit = await sluiced.end();
  return { exit, ...sluiced.said };
};
