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

/** A token of a CI is some two thousand characters long. */
export const exchangeBody = z
  .strictObject({
    token: z.string().min(1).max(16_000).describe('the ID token of the job, as the CI made it'),
  })
  .meta({ id: 'ExchangeToken' });

export const ciToken = z
  .object({
    pipeline: z.string().describe('its name in access.yml'),
    token: z.string().describe('shown once: what the job sends from now on'),
    endsAt: z.string().describe('when it is taken no more (ISO 8601)'),
  })
  .meta({ id: 'CiToken' });
