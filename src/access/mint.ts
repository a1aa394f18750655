import { randomBytes } from 'node:crypto';
import { hashOf } from './identify.ts';

const day = 24 * 3_600_000;

/**
 * A new token of 256 random bits and what `access.yml` keeps of it. The prefix tells people and scanners of leaked
 * secrets what it is.
 */
export const mintToken = (
  now: number,
  days: number,
): { readonly token: string; readonly sha256: string; readonly expires: string } => {
  const token = `sluice_${randomBytes(32).toString('base64url')}`;
  return { token, sha256: hashOf(token), expires: new Date(now + days * day).toISOString().slice(0, 10) };
};
