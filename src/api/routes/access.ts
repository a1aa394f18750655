import type { z } from 'zod';
import { nobodyElse } from '../../access/source.ts';
import type { ApiDeps, ZodApp } from '../deps.ts';
import { actorOf } from '../guard.ts';
import { tokenList, whoAmI } from '../schemas/access.ts';

/** Who is known here. What they may do is the rollouts' to say, each in its place. */
export const addAccessRoutes = (app: ZodApp, { access = nobodyElse }: ApiDeps): void => {
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
