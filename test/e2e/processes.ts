import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemCode } from '../../activities/targets/practice/system-code.ts';

const execute = promisify(execFile);

/** Command lines of the processes that live, by their number. One that has ended and waits for its parent is dead. */
export const commandLines = async (): Promise<ReadonlyMap<number, string>> => {
  const { stdout } = await execute('ps', ['-eo', 'pid=,stat=,args='], { maxBuffer: 16 * 1024 * 1024 });
  const found = new Map<number, string>();
  for (const line of stdout.split('\n')) {
    const [, pid, stat, args] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid !== undefined && stat?.startsWith('Z') === false) found.set(Number(pid), args ?? '');
  }
  return found;
};

/** `false`: there was no such process any more. */
export const kill = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
    throw error;
  }
};

const started = new Set<() => Iterable<number>>();
process.once('exit', () => {
  for (const pids of started) for (const pid of pids()) kill(pid, 'SIGKILL');
});

/** Ends what a test started, should that test be cut off before it could do so itself. */
export const killAtExit = (pids: () => Iterable<number>): void => {
  started.add(pids);
};
