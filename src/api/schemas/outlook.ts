import { z } from 'zod';
import type { WatchOutlook } from '../../../runbooks/outlook.ts';

const said = z.string().describe('one sentence, numbers first');

/** What the first watch will be able to tell; shares of requests, seconds. */
export const outlook: z.ZodType<WatchOutlook> = z
  .discriminatedUnion('known', [
    z.object({ known: z.literal(false), sentence: said }),
    z.object({
      known: z.literal(true),
      requestsPerSecond: z.number().describe('of both versions together, in the past that was read'),
      pastSeconds: z.number(),
      rate: z.number().describe('usual failure rate of the version that runs'),
      share: z.number(),
      watchSeconds: z.number(),
      smallestFound: z.number().nullable().describe('failure rate that is found 4 times in 5; null: none is'),
      largestPassing: z
        .number()
        .nullable()
        .describe('rise that passes 1 time in 20; null: not even a healthy release passes so often'),
      harm: z.number().describe('the rise that a pass excludes'),
      excludedAfterSeconds: z.number().nullable().describe('null: takes over a week'),
      smallestSlowdown: z
        .number()
        .nullable()
        .describe('of all requests, as a factor; null: none, or not judged'),
      suffices: z.boolean().describe('whether 4 of 5 healthy releases pass the first watch'),
      sentence: said,
      warning: z.string().nullable(),
      advice: z.string().describe('how long the harm takes to be excluded'),
    }),
  ])
  .meta({ id: 'WatchOutlook', description: 'what the first watch will be able to tell' });
