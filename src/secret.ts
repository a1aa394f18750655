import { readFile } from 'node:fs/promises';
import type { ErrorCode } from '../runbooks/errors.ts';
import { SluiceError } from '../runbooks/errors.ts';
import type { Environment } from './home.ts';

/** Keys are a line; certificates have a reader of their own. */
const longest = 4096;

/**
 * The secret behind `env:NAME` or `file:/PATH`, without the white space around it. Read anew each time, so that one
 * that was rotated is found. It must reach neither a message nor a log.
 *
 * @throws SluiceError with the code that is given, naming the reference
 */
export const readSecret = async (ref: string, env: Environment, code: ErrorCode): Promise<string> => {
  const found = ref.startsWith('env:')
    ? (env[ref.slice('env:'.length)] ?? null)
    : await readIfThere(ref.slice('file:'.length));
  const value = found?.trim() ?? '';
  if (value !== '' && value.length <= longest) return value;
  const why = found === null ? 'is not there' : value === '' ? 'is empty' : 'is too long for a secret';
  const mend = ref.startsWith('env:')
    ? 'Set the variable where the worker is started, and start that again.'
    : 'Put the file where the worker runs, readable for its user.';
  throw new SluiceError({ code, message: `The secret ${ref} ${why}.`, hint: mend });
};

const readIfThere = async (file: string): Promise<string | null> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
};
