import { z } from 'zod';

export const whoAmI = z
  .object({
    id: z.string().describe('as the ledger keeps it'),
    via: z.string(),
    groups: z.array(z.string()),
    unsure: z.boolean().describe('access.yml is broken: abort, and nothing else'),
  })
  .meta({ id: 'WhoAmI' });

export const tokenList = z
  .object({
    tokens: z.array(
      z.object({
        name: z.string(),
        person: z.string().nullable().describe('null: a machine with the name of its token'),
        expires: z.string().describe('last day on which it is taken, by UTC'),
        revoked: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'TokenList' });
