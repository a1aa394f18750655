import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { plainEnvironment, root } from './dev.ts';

export type CliResult = { readonly exit: number | null; readonly out: string; readonly err: string };

const entry = pathToFileURL(path.join(root, 'src/cli/main.ts')).href;
const program = `import { main } from '${entry}'; process.exitCode = await main(process.argv.slice(1));`;

/** Runs `sluice` as a process of its own, not on a terminal, for the daemon of a data folder. */
export const sluice = async (
  home: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CliResult> => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, '--', ...args], {
    cwd: home,
    env: { ...plainEnvironment(), SLUICE_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  await once(child, 'close');
  return { exit: child.exitCode, ...said };
};
