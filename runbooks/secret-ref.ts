import { plainText } from './names.ts';

/** The name of a secret, never the secret: resolved by the worker when it is used. */
export const secretRef = plainText(500).regex(
  /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\/.+)$/,
  'must say where the secret is: env:NAME, or file:/absolute/path',
);
