import { Writable } from 'node:stream';
import { run } from '../../../src/cli/main.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';

/** What a command printed, and how it ended. */
export type Ended = { readonly exit: number; readonly out: string; readonly err: string };

export type Session = {
  readonly ended: Promise<Ended>;
  /** What has been printed so far. */
  out(): string;
  err(): string;
  /** Ctrl-C. */
  interrupt(): void;
};

class Captured extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 80;
  readonly rows = 40;
  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs the CLI in this process, its streams captured. */
export const start = (env: Terminal['env'], ...argv: readonly string[]): Session =>
  startOn(new Captured(false), env, argv);

/** `start` on a terminal of 80 columns. */
export const startOnTerminal = (env: Terminal['env'], ...argv: readonly string[]): Session =>
  startOn(new Captured(true), env, argv);

const startOn = (out: Captured, env: Terminal['env'], argv: readonly string[]): Session => {
  const err = new Captured(false);
  const heard = new Set<() => void>();
  const terminal: Terminal = {
    out,
    err,
    env: { TZ: 'UTC', ...env },
    onInterrupt: (hear) => {
      heard.add(hear);
      return () => heard.delete(hear);
    },
  };
  return {
    ended: run(argv, terminal).then((exit) => ({ exit, out: out.text, err: err.text })),
    out: () => out.text,
    err: () => err.text,
    interrupt: () => {
      for (const hear of heard) hear();
    },
  };
};

/** `start`, to the end. */
export const sluice = (env: Terminal['env'], ...argv: readonly string[]): Promise<Ended> =>
  start(env, ...argv).ended;

/** Waits until `holds`; rejects after 20 s, far more than anything that is waited for here takes. */
export const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It never came true: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
