import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { readTokenFile, tokenFile } from '../src/home.ts';

/** The operator's token of the data folder: made once, mode 0600, so that only the folder's owner can speak. */
export const ensureToken = (home: string): string => {
  const known = readTokenFile(home);
  if (known !== null) {
    chmodSync(tokenFile(home), 0o600);
    return known;
  }
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const token = randomBytes(32).toString('base64url');
  writeFileSync(tokenFile(home), `${token}\n`, { mode: 0o600 });
  return token;
};
