import type { Step } from '../runbook.ts';
import { blueGreenSteps } from './blue-green.ts';
import { canarySteps } from './canary.ts';
import type { StrategyInput } from './parts.ts';
import { recreateSteps } from './recreate.ts';
import { rollingSteps } from './rolling.ts';
import { flagSteps } from './feature-flag.ts';
import type { Placing } from './strategy-block.ts';
import { chosenStrategy, placingOf } from './strategy-block.ts';

/**
 * The steps of a deploy by the strategy that the environment names. With a flag the code is put in place first, and
 * promoted while nobody sees what it does; then its behaviour is shown to more and more users.
 */
export const strategySteps = (input: StrategyInput): readonly Step[] => {
  const chosen = chosenStrategy(input.environment.strategy);
  const placed = placingSteps(input, placingOf(input.environment.strategy));
  if (chosen.name !== 'feature-flag') return placed;
  const { flag, steps, watch } = chosen.block;
  const firstWatch = placed.filter(({ kind }) => kind === 'watch').length;
  const { version } = input.to;
  return [...placed, ...flagSteps({ flag, now: 0, percents: steps, windowMs: watch, version, firstWatch })];
};

const placingSteps = (input: StrategyInput, chosen: Placing): readonly Step[] => {
  switch (chosen.name) {
    case 'recreate':
      return recreateSteps(input, chosen.block);
    case 'rolling':
      return rollingSteps(input, chosen.block);
    case 'blue-green':
      return blueGreenSteps(input, chosen.block);
    case 'canary':
      return canarySteps(input, chosen.block);
    default:
      return chosen satisfies never;
  }
};
