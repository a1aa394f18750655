import { z } from 'zod';
import { flagName } from '../flags.ts';
import { oneOf } from '../one-of.ts';
import { blueGreenSchema } from './blue-green-block.ts';
import { canarySchema, stepsSchema } from './canary-block.ts';
import { watchFor } from './durations.ts';
import { recreateSchema } from './recreate-block.ts';
import { rollingSchema } from './rolling-block.ts';

/** How code is put in place: what every strategy but the flag's does. */
export const placingSchema = oneOf({
  recreate: recreateSchema,
  rolling: rollingSchema,
  'blue-green': blueGreenSchema,
  canary: canarySchema,
}).describe('how the code is deployed while the flag is off');

export const flagSteps = [1, 10, 50, 100] as const;

export const featureFlagSchema = z
  .strictObject({
    flag: flagName.describe('flag that shows the new behaviour; off while the code is deployed'),
    steps: stepsSchema
      .prefault([...flagSteps])
      .describe('percent of the users who get the new behaviour, step by step'),
    watch: watchFor('how long each percentage is watched'),
    deploy: placingSchema,
  })
  .describe(
    'deploy with the flag off, then show the new behaviour to more and more users, watching each step',
  );
export type FeatureFlagBlock = z.output<typeof featureFlagSchema>;
