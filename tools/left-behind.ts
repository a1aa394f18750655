import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Inherited by every process that a run starts, however deep, so that one that outlives it is known for its own. It
 * isn't called SLUICE_…: those are settings, and tests keep them from their daemons.
 */
export const runVariable = 'TEST_RUN_MARK';

export type LeftBehind = { readonly pid: number; readonly command: string };

/** What is on its way out when the run ends may take this long. */
const grace = 15_000;
const look = 100;

/** A process may end while it is read, and others belong to users that may not be asked: neither is of this run. */
const unreadable = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

const read = (pid: number, what: 'environ' | 'cmdline'): readonly string[] => {
  try {
    return readFileSync(`/proc/${String(pid)}/${what}`, 'utf8').split('\0');
  } catch (error) {
    if (error instanceof Error && 'code' in error && unreadable.has(String(error.code))) return [];
    throw error;
  }
};

/** Processes that were started with this mark and still run, but for the one that asks. Linux only: it reads `/proc`. */
export const markedProcesses = (mark: string): readonly LeftBehind[] =>
  readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    if (!read(pid, 'environ').includes(`${runVariable}=${mark}`)) return [];
    // One that has ended and was not waited for has no arguments any more.
    const command = read(pid, 'cmdline').join(' ').trim();
    return command === '' ? [] : [{ pid, command }];
  });

/** Those of them that are still there when what was on its way out is gone. */
export const leftBehind = async (mark: string, graceMs: number = grace): Promise<readonly LeftBehind[]> => {
  const deadline = Date.now() + graceMs;
  let left = markedProcesses(mark);
  while (left.length > 0 && Date.now() < deadline) {
    await delay(look);
    left = markedProcesses(mark);
  }
  return left;
};

/** As failures, on standard error; whether there are any. */
export const sayLeftBehind = (left: readonly LeftBehind[]): boolean => {
  for (const { pid, command } of left) {
    process.stderr.write(`FAILED: left behind: process ${String(pid)}: ${command.slice(0, 200)}\n`);
  }
  return left.length > 0;
};
