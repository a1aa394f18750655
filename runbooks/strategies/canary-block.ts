import { z } from 'zod';
import { readyWithin, watchFor } from './durations.ts';

/** Percents that rise to 100. */
export const stepsSchema = z
  .array(z.int().min(1).max(100))
  .min(1)
  .max(20)
  .refine(
    (steps) => steps.every((step, i) => i === 0 || step > (steps[i - 1] ?? 0)),
    'must rise from step to step, such as [10, 50, 100]',
  )
  .refine((steps) => steps.at(-1) === 100, 'must end with 100, such as [10, 50, 100]')
  .describe('percent of the traffic that the new version gets, step by step');

export const canarySchema = z
  .strictObject({
    steps: stepsSchema.prefault([10, 50, 100]),
    watch: watchFor('how long each step is watched'),
    ready: readyWithin,
  })
  .describe('deploy beside the old version, move traffic step by step, watch each step, then promote');

export type CanaryBlock = z.output<typeof canarySchema>;
