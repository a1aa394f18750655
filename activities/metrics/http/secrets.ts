import { readSecret } from '../../secrets.ts';
import type { Environment } from '../../secrets.ts';
import { unavailable } from '../unavailable.ts';

export type { Environment } from '../../secrets.ts';

/**
 * The secret behind `env:NAME` or `file:/PATH`, without the line feed that files end with. Read anew each time, so that
 * one that was rotated is found. It must reach neither a message nor a log.
 *
 * @throws SluiceError METRICS_UNAVAILABLE that names the reference
 */
export const resolveSecret = (ref: string, env: Environment): Promise<string> =>
  readSecret(ref, env, unavailable);

/** One that goes into a header: a control character would end the header, or be refused with the secret in the error. */
export const resolveHeaderSecret = async (ref: string, env: Environment): Promise<string> => {
  const value = await resolveSecret(ref, env);
  if (/^[\u0020-\u007e]+$/.test(value)) return value;
  throw unavailable({
    message: `The secret ${ref} holds characters that can not stand in a header.`,
    hint: 'It must be one line of visible ASCII.',
  });
};
