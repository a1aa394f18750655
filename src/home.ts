import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { SluiceError } from '../runbooks/errors.ts';

/** What `dataFolder` and `process.env` have in common, so that a test can pass its own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder in which daemon and clients of one user meet: `$SLUICE_HOME`, else `$XDG_STATE_HOME/sluice`, else
 * `~/.local/state/sluice`. Always absolute; not made here.
 */
export function dataFolder(env: Environment = process.env): string {
  const own = env['SLUICE_HOME'];
  if (own !== undefined && own !== '') return path.resolve(own);
  const state = env['XDG_STATE_HOME'];
  // The XDG specification: a relative path is to be ignored.
  const base =
    state !== undefined && path.isAbsolute(state) ? state : path.join(homedir(), '.local', 'state');
  return path.join(base, 'sluice');
}

/** JSON `{ url, pid }`: where the daemon of this folder answers. */
export const daemonFile = (folder: string): string => path.join(folder, 'daemon.json');

/** The operator's bearer token: one line, mode 0600. */
export const tokenFile = (folder: string): string => path.join(folder, 'token');

const daemonSchema = z.object({ url: z.url({ protocol: /^https?$/ }), pid: z.int().positive() });

/** `pid` tells a person which process it is; whether it lives, only its address can tell. */
export type DaemonAddress = z.infer<typeof daemonSchema>;

/** What the daemon wrote about itself; `null`: no daemon has been started in this folder.
 * @throws SluiceError CONFIG_INVALID where the file holds something else */
export function readDaemonFile(folder: string): DaemonAddress | null {
  const file = daemonFile(folder);
  const text = readIfThere(file);
  if (text === null) return null;
  try {
    return daemonSchema.parse(JSON.parse(text));
  } catch (cause) {
    const problem = {
      code: 'CONFIG_INVALID',
      message: `${file} does not say where the daemon answers.`,
      hint: 'Remove it and start the daemon again: it writes the file anew.',
    } as const;
    throw new SluiceError(problem, { cause });
  }
}

/** The operator's token; `null`: none has been made in this folder. */
export function readTokenFile(folder: string): string | null {
  const text = readIfThere(tokenFile(folder))?.trim();
  return text === undefined || text === '' ? null : text;
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return null;
    const problem = {
      code: 'CONFIG_INVALID',
      message: `${file} can not be read (${error instanceof Error ? error.message : String(error)}).`,
      hint: 'Make the data folder your own, or name another one in SLUICE_HOME.',
    } as const;
    throw new SluiceError(problem, { cause: error });
  }
}
