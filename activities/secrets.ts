import { readFile } from 'node:fs/promises';
import type { SluiceError } from '../runbooks/errors.ts';
import { messageOf } from './targets/practice/system-code.ts';

/** What `process.env` is, so that a test can pass its own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Makes the error of whoever needs the secret: its code says what can not be done without it. */
type Fail = (problem: { readonly message: string; readonly hint: string }, cause?: unknown) => SluiceError;

/** Certificates are a few KiB. */
const largest = 256 * 1024;

const read = async (ref: string, env: Environment, fail: Fail): Promise<string> => {
  if (ref.startsWith('env:')) {
    const value = env[ref.slice('env:'.length)];
    if (value !== undefined) return value;
    throw fail({
      message: `The secret ${ref} is not there: the worker has no such environment variable.`,
      hint: 'Set it where the worker is started, and start that again.',
    });
  }
  try {
    return await readFile(ref.slice('file:'.length), 'utf8');
  } catch (error) {
    throw fail(
      {
        message: `The secret ${ref} can not be read: ${messageOf(error)}.`,
        hint: 'Put the file where the worker runs, readable for its user.',
      },
      error,
    );
  }
};

/**
 * The secret behind `env:NAME` or `file:/PATH`, without the line feed that files end with. Read anew each time, so that
 * one that was rotated is found. It must reach neither a message nor a log.
 * @throws what `fail` makes of it, naming the reference
 */
export const readSecret = async (ref: string, env: Environment, fail: Fail): Promise<string> => {
  const value = (await read(ref, env, fail)).replace(/\r?\n$/, '');
  if (value !== '' && value.length <= largest) return value;
  throw fail({
    message: `The secret ${ref} is ${value === '' ? 'empty' : 'too long for a secret'}.`,
    hint: 'Correct what the reference names.',
  });
};
