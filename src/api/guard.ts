import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '../../runbooks/access.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { Problem } from '../../runbooks/errors.ts';

/** Who holds the token of the data folder. */
export const operator: Actor = { id: 'operator', via: 'operator', groups: ['operator'] };

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * A check of `Authorization: Bearer …` against one token. Hashes of equal length are compared, so the time taken
 * tells neither the token nor its length.
 * @throws SluiceError UNAUTHENTICATED
 */
export const bearerGuard = (token: string): ((request: FastifyRequest) => void) => {
  const expected = digest(token);
  return ({ headers }) => {
    const given = /^Bearer +([^\s]{1,1000}) *$/i.exec(headers.authorization ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return;
    throw new SluiceError({
      code: 'UNAUTHENTICATED',
      message:
        given === undefined
          ? 'The request carries no bearer token.'
          : 'The token is not the one of this daemon.',
      hint: "Send the token from the daemon's data folder: Authorization: Bearer TOKEN (the CLI: SLUICE_TOKEN).",
    });
  };
};

const own = ['localhost', '127.0.0.1', '[::1]'];

/**
 * A page in a browser can make a name of its own resolve to this machine and then talk to it (DNS rebinding): a
 * request must name a host that is really ours. `null`: it does.
 */
export const judgeHost = (header: string | undefined, more: readonly string[]): Problem | null => {
  const host = (header ?? '').toLowerCase().replace(/:\d{1,5}$/, '');
  if (own.includes(host) || more.some((name) => name.toLowerCase() === host)) return null;
  return {
    code: 'USAGE',
    message: 'The request names a host that is not this daemon.',
    hint: `Use one of ${[...own, ...more].join(', ')} as the host of the address.`,
  };
};
