import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { leftBehind, runVariable, sayLeftBehind } from './left-behind.ts';
import { withScratch } from './scratch.ts';
import { root } from './stamp.ts';

/** Node's flags for tests that are ES modules, which Node still calls an experiment and warns of each time. */
export const jestNodeFlags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'] as const;

const endNow = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};

const ends = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs Jest in this terminal; its exit code, and 1 also where a process of the run outlives it. */
export const runJest = (args: readonly string[]): Promise<number> =>
  withScratch((scratch) => runJestIn(scratch, args));

async function runJestIn(scratch: string | null, args: readonly string[]): Promise<number> {
  const mark = randomUUID();
  const child = spawn(process.execPath, [...jestNodeFlags, 'node_modules/jest/bin/jest.js', ...args], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      // Jest's workers take their flags from here.
      NODE_OPTIONS: [process.env['NODE_OPTIONS'] ?? '', ...jestNodeFlags].join(' ').trim(),
      [runVariable]: mark,
      // Tests start some hundred programs of these sources: what was compiled for one is not compiled for the next.
      NODE_COMPILE_CACHE: path.join(root, '.cache', 'code'),
      ...(scratch === null ? {} : { TMPDIR: scratch }),
    },
  });
  // Told to end, it ends after Jest, which hears the terminal's Ctrl-C by itself, and after its own tidying.
  const told: NodeJS.Signals[] = [];
  const tell = (signal: NodeJS.Signals): void => {
    told.push(signal);
    if (signal !== 'SIGINT') child.kill(signal);
  };
  for (const signal of ends) process.on(signal, tell);
  const [code] = (await once(child, 'exit')) as [number | null];
  for (const signal of ends) process.off(signal, tell);
  if (process.platform !== 'linux') return code ?? 1;
  if (told.length > 0) {
    // Jest's workers, and what they had started, are not told.
    for (const { pid } of await leftBehind(mark)) endNow(pid);
    return code ?? 1;
  }
  return sayLeftBehind(await leftBehind(mark)) ? 1 : (code ?? 1);
}
