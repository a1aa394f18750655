import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { messageOf } from '../practice/system-code.ts';

/** How one run of a program ended. `output`: what it wrote to stdout, whole. */
export type Ran =
  | { readonly is: 'done'; readonly output: Buffer; readonly complaint: string }
  | { readonly is: 'failed'; readonly exit: string; readonly output: Buffer; readonly complaint: string }
  | { readonly is: 'absent'; readonly why: string }
  | { readonly is: 'late' }
  | { readonly is: 'too-much' }
  | { readonly is: 'given-up' };

export type ProgramRun = {
  readonly argv: readonly string[];
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly withinMs: number;
  readonly signal?: AbortSignal | undefined;
};

/** Largest output in bytes; what is beyond ends the program. */
export const outputLimit = 256 * 1024;
/** Of stderr the end alone is kept, for the message. */
const complaintLimit = 2_000;
/** After SIGTERM, before SIGKILL. */
const graceMs = 1_000;
/** A daemon that the program started may keep its stdout open: no reason to wait for it. */
const lateOutputMs = 250;

/** The program with all that it started in its group; what made itself a session of its own lives on. */
const signalGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // The group has ended by itself meanwhile.
    if (!(typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH'))
      throw error;
  }
};

/**
 * Runs a program without a shell, in a process group of its own, for at most `withinMs`. Never rejects. One that takes
 * too long, writes too much, or is given up is asked to end, and made to end after a second.
 */
export const runProgram = (run: ProgramRun): Promise<Ran> =>
  new Promise((resolve) => {
    if (run.signal?.aborted === true) {
      resolve({ is: 'given-up' });
      return;
    }
    const [program = '', ...rest] = run.argv;
    const child = spawn(program, rest, {
      cwd: run.directory,
      env: { ...run.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      shell: false,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let complaint = '';
    let cutShort: 'late' | 'too-much' | 'given-up' | null = null;
    let kill: NodeJS.Timeout | undefined;

    const cut = (why: 'late' | 'too-much' | 'given-up'): void => {
      if (cutShort !== null) return;
      cutShort = why;
      signalGroup(child, 'SIGTERM');
      kill = setTimeout(() => {
        signalGroup(child, 'SIGKILL');
      }, graceMs);
    };
    const giveUp = (): void => {
      cut('given-up');
    };
    const timer = setTimeout(() => {
      cut('late');
    }, run.withinMs);
    run.signal?.addEventListener('abort', giveUp, { once: true });

    const settle = (ran: Ran): void => {
      clearTimeout(timer);
      clearTimeout(kill);
      run.signal?.removeEventListener('abort', giveUp);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(ran);
    };

    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > outputLimit) cut('too-much');
      else chunks.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-complaintLimit);
    });
    child.once('error', (error) => {
      settle({ is: 'absent', why: messageOf(error) });
    });
    child.once('exit', (code, signal) => {
      const done = (): void => {
        // Children of a program that was cut short must not outlive it.
        if (cutShort !== null) signalGroup(child, 'SIGKILL');
        const output = Buffer.concat(chunks);
        if (cutShort !== null) settle({ is: cutShort });
        else if (code === 0) settle({ is: 'done', output, complaint });
        else settle({ is: 'failed', exit: signal ?? String(code), output, complaint });
      };
      const late = setTimeout(done, lateOutputMs);
      child.once('close', () => {
        clearTimeout(late);
        done();
      });
    });
  });
