import { readFile } from 'node:fs/promises';
import { messageOf } from '../../targets/practice/system-code.ts';
import { unavailable } from '../unavailable.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Certificates are a few KiB. */
const largest = 256 * 1024;

const read = async (ref: string, env: Environment): Promise<string> => {
  if (ref.startsWith('env:')) {
    const value = env[ref.slice('env:'.length)];
    if (value !== undefined) return value;
    throw unavailable({
      message: `The secret ${ref} is not there: the worker has no such environment variable.`,
      hint: 'Set it where the worker is started, and start that again.',
    });
  }
  try {
    return await readFile(ref.slice('file:'.length), 'utf8');
  } catch (error) {
    throw unavailable(
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
 *
 * @throws SluiceError METRICS_UNAVAILABLE that names the reference
 */
export const resolveSecret = async (ref: string, env: Environment): Promise<string> => {
  const value = (await read(ref, env)).replace(/\r?\n$/, '');
  if (value !== '' && value.length <= largest) return value;
  throw unavailable({
    message: `The secret ${ref} is ${value === '' ? 'empty' : 'too long for a secret'}.`,
    hint: 'Correct what the reference names.',
  });
};

/** One that goes into a header: a control character would end the header, or be refused with the secret in the error. */
export const resolveHeaderSecret = async (ref: string, env: Environment): Promise<string> => {
  const value = await resolveSecret(ref, env);
  if (/^[\u0020-\u007e]+$/.test(value)) return value;
  throw unavailable({
    message: `The secret ${ref} holds characters that can not stand in a header.`,
    hint: 'It must be one line of visible ASCII.',
  });
};
