import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { root } from './stamp.ts';

/** Node's flags for tests that are ES modules, which Node still calls an experiment and warns of each time. */
export const jestNodeFlags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'] as const;

/** Runs Jest in this terminal; its exit code. */
export async function runJest(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [...jestNodeFlags, 'node_modules/jest/bin/jest.js', ...args], {
    cwd: root,
    stdio: 'inherit',
    // Jest's workers take their flags from here.
    env: {
      ...process.env,
      NODE_OPTIONS: [process.env['NODE_OPTIONS'] ?? '', ...jestNodeFlags].join(' ').trim(),
    },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
