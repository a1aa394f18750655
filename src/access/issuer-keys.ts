import type { JWTVerifyGetKey } from 'jose';
import { createRemoteJWKSet, errors } from 'jose';
import { z } from 'zod';
import { isLoopback } from '../../runbooks/artifact.ts';
import { SluiceError } from '../../runbooks/errors.ts';

/** The keys that an issuer signs with; asked for when a token comes, kept for a while. */
export type IssuerKeys = (issuer: string) => JWTVerifyGetKey;

const withinMs = 5_000;
/** Where its keys are may change, seldom. */
const keptMs = 3_600_000;

const configuration = z.object({ issuer: z.string(), jwks_uri: z.url() });

type Known = { readonly keys: JWTVerifyGetKey; readonly until: number };

/** By OpenID Connect Discovery 1.0. @throws SluiceError ISSUER_UNAVAILABLE */
export const issuerKeys = (clock: () => number = Date.now): IssuerKeys => {
  const known = new Map<string, Known>();
  return (issuer) => async (header, token) => {
    const now = clock();
    let found = known.get(issuer);
    if (found === undefined || found.until < now) {
      found = { keys: await discover(issuer), until: now + keptMs };
      known.set(issuer, found);
    }
    try {
      return await found.keys(header, token);
    } catch (error) {
      // A key that the issuer does not have is the token's fault.
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
        throw error;
      throw away(issuer, 'its keys can not be read', error);
    }
  };
};

const discover = async (issuer: string): Promise<JWTVerifyGetKey> => {
  const at = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  let answer: unknown;
  try {
    const response = await fetch(at, { signal: AbortSignal.timeout(withinMs), redirect: 'error' });
    if (!response.ok) throw new Error(`it answered with ${String(response.status)}`);
    answer = await response.json();
  } catch (error) {
    throw away(issuer, `${at} can not be read`, error);
  }
  const said = configuration.safeParse(answer);
  if (!said.success) throw away(issuer, `${at} is no OpenID configuration`, said.error);
  if (said.data.issuer !== issuer) throw away(issuer, `${at} is of ${said.data.issuer.slice(0, 200)}`, null);
  const keys = new URL(said.data.jwks_uri);
  // In clear anybody on the way could put keys of his own there.
  if (keys.protocol !== 'https:' && !isLoopback(keys.host))
    throw away(issuer, `it keeps its keys at ${keys.origin}, which is not https`, null);
  return createRemoteJWKSet(keys, { timeoutDuration: withinMs });
};

const away = (issuer: string, why: string, cause: unknown): SluiceError =>
  new SluiceError(
    {
      code: 'ISSUER_UNAVAILABLE',
      message: `The keys of ${issuer} are not to be had: ${why}${cause instanceof Error ? ` (${reasonOf(cause)})` : ''}.`,
      hint: 'See that the daemon reaches the issuer as access.yml names it. The token was not used: it may be sent again.',
    },
    { cause },
  );

const reasonOf = (error: Error): string =>
  (error.cause instanceof Error ? error.cause.message : error.message).slice(0, 200);
