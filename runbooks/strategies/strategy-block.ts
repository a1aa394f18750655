import type { z } from 'zod';
import { oneOf } from '../one-of.ts';
import type { BlueGreenBlock } from './blue-green-block.ts';
import { blueGreenSchema } from './blue-green-block.ts';
import type { CanaryBlock } from './canary-block.ts';
import { canarySchema } from './canary-block.ts';
import type { RecreateBlock } from './recreate-block.ts';
import type { FeatureFlagBlock } from './feature-flag-block.ts';
import { featureFlagSchema } from './feature-flag-block.ts';
import { recreateSchema } from './recreate-block.ts';
import type { RollingBlock } from './rolling-block.ts';
import { rollingSchema } from './rolling-block.ts';

export const strategySchema = oneOf({
  recreate: recreateSchema,
  rolling: rollingSchema,
  'blue-green': blueGreenSchema,
  canary: canarySchema,
  'feature-flag': featureFlagSchema,
}).describe('how a new version takes over');
export type StrategyBlock = z.output<typeof strategySchema>;

/** How code is put in place: by every strategy but the flag's, which names one of them. */
export type Placing =
  | { readonly name: 'recreate'; readonly block: RecreateBlock }
  | { readonly name: 'rolling'; readonly block: RollingBlock }
  | { readonly name: 'blue-green'; readonly block: BlueGreenBlock }
  | { readonly name: 'canary'; readonly block: CanaryBlock };

/** The one strategy that an environment names. */
export type ChosenStrategy = Placing | { readonly name: 'feature-flag'; readonly block: FeatureFlagBlock };

export const chosenStrategy = (strategy: StrategyBlock): ChosenStrategy => {
  const { 'feature-flag': flag } = strategy;
  return flag === undefined ? placingOf(strategy) : { name: 'feature-flag', block: flag };
};

/** How the code gets there. The schema lets exactly one in. */
export const placingOf = (strategy: StrategyBlock): Placing => {
  if (strategy['feature-flag'] !== undefined) return placingOf(strategy['feature-flag'].deploy);
  const { recreate, rolling, 'blue-green': blueGreen, canary } = strategy;
  if (recreate !== undefined) return { name: 'recreate', block: recreate };
  if (rolling !== undefined) return { name: 'rolling', block: rolling };
  if (blueGreen !== undefined) return { name: 'blue-green', block: blueGreen };
  if (canary !== undefined) return { name: 'canary', block: canary };
  throw new Error('a strategy block without a strategy passed its schema');
};

/** Share left on the old version during the last watch where the file says none: a ramp needs a live baseline. */
export const standardHoldBack = (name: Placing['name']): number => (name === 'canary' ? 0.1 : 0);
