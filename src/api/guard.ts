import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '../../runbooks/access.ts';
import type { Problem } from '../../runbooks/errors.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { actorOfToken, hashOf } from '../access/identify.ts';
import { actorOfCi, isCiToken } from '../access/ci.ts';
import type { AccessSource } from '../access/source.ts';
import type { Ledger } from '../store/ledger.ts';

/** Who holds the token of the data folder. */
const operator: Actor = { id: 'operator', via: 'operator', groups: ['operator'] };

const bytesOf = (token: string): Buffer => Buffer.from(hashOf(token), 'hex');

/**
 * Who sends `Authorization: Bearer …`: the operator, or whom `access.yml` knows by the token, also a job of a CI that
 * has exchanged its own. Hashes of equal length are
 * compared, so the time taken tells neither a token nor its length.
 * @throws SluiceError UNAUTHENTICATED, ACCESS_FILE_INVALID, LEDGER_UNAVAILABLE
 */
export const bearerGuard = (
  operatorToken: string,
  access: AccessSource,
  ledger: Pick<Ledger, 'ci'>,
): ((request: Pick<FastifyRequest, 'headers'>) => Promise<Actor>) => {
  const expected = bytesOf(operatorToken);
  return async ({ headers }) => {
    const given = /^Bearer +([^\s]{1,1000}) *$/i.exec(headers.authorization ?? '')?.[1];
    if (given === undefined) throw new SluiceError(none);
    if (timingSafeEqual(bytesOf(given), expected)) return operator;
    if (isCiToken(given)) return actorOfCi(await access.look(), ledger.ci, given);
    const found = actorOfToken(await access.look(), given, Date.now());
    if ('actor' in found) return found.actor;
    throw new SluiceError(found.refusal);
  };
};

const none: Problem = {
  code: 'UNAUTHENTICATED',
  message: 'The request carries no bearer token.',
  hint: "Send the token from the daemon's data folder, or one of your own: Authorization: Bearer TOKEN (the CLI: SLUICE_TOKEN).",
};

const actors = new WeakMap<FastifyRequest, Actor>();

/** Remembers who sent the request. */
export const rememberActor = (request: FastifyRequest, actor: Actor): void => {
  actors.set(request, actor);
};

/** Who sent a request that has passed the guard. */
export const actorOf = (request: FastifyRequest): Actor => {
  const actor = actors.get(request);
  if (actor !== undefined) return actor;
  throw new SluiceError({ code: 'UNAUTHENTICATED', message: 'Nobody has said who sends this request.' });
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
