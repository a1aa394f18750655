import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { Cli } from '../command.ts';

/** The daemon's program, beside this one in a checkout and in the package. */
const sluiced = fileURLToPath(new URL(`../../../worker/main${extname(import.meta.url)}`, import.meta.url));

/**
 * `sluice rollback SERVICE --break-glass`: asks no daemon. The way back is carried out by `sluiced`, which knows targets;
 * this client does not (docs/decisions/0010).
 */
export const takeBreakGlass = async ({ options }: Cli, service: string): Promise<number> => {
  const { reason, env } = options;
  if (reason === undefined)
    throw new SluiceError({
      code: 'USAGE',
      message: '--break-glass needs --reason TEXT: why, for those who read it later.',
    });
  // An entry that runs `main`: the built module alone exports it.
  const program = `import { main } from ${JSON.stringify(new URL(`file://${sluiced}`).href)}; process.exitCode = await main(process.argv.slice(1));`;
  const args = ['break-glass', service, reason, ...(env === undefined ? [] : [env])];
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, '--', ...args], {
    stdio: 'inherit',
  });
  await once(child, 'close');
  return child.exitCode ?? 1;
};
