import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { root } from './stamp.ts';

export type ProgramResult = {
  readonly ok: boolean;
  /** Standard output and standard error in the order they came. */
  readonly output: string;
};

/**
 * Runs a program of `node_modules` on this Node, in the checkout, and waits for its end.
 *
 * @param script relative to `node_modules`, for instance `typescript/bin/tsc`
 */
export async function runTool(script: string, args: readonly string[]): Promise<ProgramResult> {
  return await runProgram(process.execPath, [`node_modules/${script}`, ...args], root);
}

/** Runs a program to its end. Rejects if it can't be started; a failure of its own is a result. */
export async function runProgram(
  program: string,
  args: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
  onLine?: (line: string) => void,
): Promise<ProgramResult> {
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const read = (chunk: string): void => {
    output += chunk;
    for (const line of chunk.split('\n')) if (line !== '') onLine?.(line);
  };
  child.stdout.setEncoding('utf8').on('data', read);
  child.stderr.setEncoding('utf8').on('data', read);
  const [code] = (await once(child, 'close')) as [number | null];
  return { ok: code === 0, output };
}
