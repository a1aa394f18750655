import { SluiceError } from '../../runbooks/errors.ts';
import type { Environment } from '../home.ts';
import { dataFolder, readDaemonFile, readTokenFile } from '../home.ts';

/** `token` `null`: the call proves otherwise who makes it. */
export type Address = { readonly url: string; readonly token: string | null };

const start =
  'Start one: `sluiced dev` (in a checkout: npm start), or name another one in SLUICE_URL and SLUICE_TOKEN.';

/** The error of a client that has nobody to talk to. `where`: what was tried. */
export const offline = (where: string, cause?: unknown): SluiceError =>
  new SluiceError(
    { code: 'CLIENT_OFFLINE', message: `No daemon answers ${where}.`, hint: start },
    cause === undefined ? undefined : { cause },
  );

/**
 * Where the daemon answers: SLUICE_URL and SLUICE_TOKEN, else what the daemon of the data folder wrote there. Asked anew
 * for every call, because a daemon that was started again may have another port. The folder's token is given to the
 * folder's daemon only.
 * @throws SluiceError CLIENT_OFFLINE, UNAUTHENTICATED, USAGE
 */
export const findAddress = (env: Environment): Address & { readonly token: string } => {
  const { url } = findDaemon(env);
  const token = blankIsNone(env['SLUICE_TOKEN']) ?? tokenFor(url, dataFolder(env));
  if (token !== null) return { url, token };
  throw new SluiceError({
    code: 'UNAUTHENTICATED',
    message: `There is no token for ${url}.`,
    hint: 'Put it into SLUICE_TOKEN.',
  });
};

/** The same daemon, for a call that needs no token. @throws SluiceError CLIENT_OFFLINE, USAGE */
export const findDaemon = (env: Environment): Address => {
  const folder = dataFolder(env);
  const given = blankIsNone(env['SLUICE_URL']);
  const url = given === null ? readDaemonFile(folder)?.url : checkUrl(given);
  if (url === undefined) throw offline(`for ${folder}: none has been started there`);
  return { url: url.replace(/\/+$/, ''), token: null };
};

const blankIsNone = (text: string | undefined): string | null =>
  text === undefined || text.trim() === '' ? null : text.trim();

const tokenFor = (url: string, folder: string): string | null => {
  const own = readDaemonFile(folder)?.url;
  return own !== undefined && new URL(own).origin === new URL(url).origin ? readTokenFile(folder) : null;
};

const checkUrl = (text: string): string => {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new SluiceError({
    code: 'USAGE',
    message: `SLUICE_URL is not an http or https address: ${JSON.stringify(text.slice(0, 100))}.`,
    hint: 'Give it as http://127.0.0.1:4600.',
  });
};
