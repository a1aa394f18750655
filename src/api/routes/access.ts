import type { z } from 'zod';
import { takeCiToken } from '../../access/ci.ts';
import { issuerKeys } from '../../access/issuer-keys.ts';
import { nobodyElse } from '../../access/source.ts';
import type { ApiDeps, ZodApp } from '../deps.ts';
import { actorOf } from '../guard.ts';
import { ciToken, exchangeBody, tokenList, whoAmI } from '../schemas/access.ts';

/** Where a job of a CI becomes known: the token that it sends is what it is known by. */
export const ciExchange = '/v1/tokens/exchange';

/** Who is known here. What they may do is the rollouts' to say, each in its place. */
export const addAccessRoutes = (app: ZodApp, { access = nobodyElse, ledger, log }: ApiDeps): void => {
  const keys = issuerKeys();
  app.post(
    ciExchange,
    {
      schema: {
        summary: 'Takes the ID token of a CI, once, for one of ours',
        tags: ['access'],
        security: [],
        body: exchangeBody,
        response: { 200: ciToken },
      },
    },
    async ({ body }) => {
      const state = await access.look();
      const taken = await takeCiToken({ access: state, keys, sessions: ledger.ci }, body.token, Date.now());
      log.info({ pipeline: taken.pipeline, endsAt: taken.endsAt }, 'a pipeline is known');
      return taken;
    },
  );

  app.get(
    '/v1/whoami',
    {
      schema: { summary: 'Whom the token stands for', tags: ['access'], response: { 200: whoAmI } },
    },
    async (request) => {
      const { id, via, groups, unsure = false } = actorOf(request);
      return { id, via, groups: [...groups], unsure };
    },
  );

  app.get(
    '/v1/tokens',
    {
      schema: {
        summary: 'The tokens of access.yml, without what they are known by',
        tags: ['access'],
        response: { 200: tokenList },
      },
    },
    async (): Promise<z.output<typeof tokenList>> => {
      const { file } = await access.look();
      const tokens = Object.entries(file?.tokens ?? {}).map(([name, { person, expires, revoked }]) => ({
        name,
        person: person ?? null,
        expires,
        revoked,
      }));
      return { tokens };
    },
  );
};
