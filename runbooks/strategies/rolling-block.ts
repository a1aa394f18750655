import { z } from 'zod';
import { readyWithin, watchFor } from './durations.ts';

/** A number of instances, or a share of them. */
export type Portion = { readonly instances: number } | { readonly share: number };

const says = 'must be a number of instances, such as 1, or a percentage of them, such as 25%';

const portion = z
  .union([z.int().min(0).max(1000), z.string().regex(/^(?:100|[1-9]?\d)\s?%$/)], { error: says })
  .transform((given): Portion =>
    typeof given === 'number' ? { instances: given } : { share: Number.parseInt(given, 10) / 100 },
  );

const isNothing = (amount: Portion): boolean =>
  'instances' in amount ? amount.instances === 0 : amount.share === 0;

export const rollingSchema = z
  .strictObject({
    maxUnavailable: portion
      .prefault(0)
      .describe('instances, or share of them (rounded down), that may be missing meanwhile'),
    maxSurge: portion
      .prefault('25%')
      .describe('instances, or share of them (rounded up), that may run beyond their number meanwhile'),
    watch: watchFor('how long the new version is watched once it is everywhere'),
    ready: readyWithin,
  })
  .refine(({ maxUnavailable, maxSurge }) => !isNothing(maxUnavailable) || !isNothing(maxSurge), {
    path: ['maxSurge'],
    message: 'must not be 0 where maxUnavailable is 0: no batch could ever begin',
  })
  .describe('replace the instances batch by batch, each batch ready before the next, then watch and promote');
export type RollingBlock = z.output<typeof rollingSchema>;
