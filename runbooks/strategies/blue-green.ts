import type { Step } from '../runbook.ts';
import type { BlueGreenBlock } from './blue-green-block.ts';
import type { StrategyInput } from './parts.ts';
import { deployStep, preflightStep, promoteStep, smokeSteps } from './parts.ts';
import { rampSteps } from './ramp.ts';

/**
 * Steps of blue-green: green beside blue, smoke tests on green while nobody sees it, one switch of all traffic, one
 * watch, promote. Blue stays ready, so that the way back is one call.
 */
export const blueGreenSteps = (input: StrategyInput, { watch, ready }: BlueGreenBlock): readonly Step[] => [
  preflightStep(input),
  deployStep(input, ready),
  ...smokeSteps(input.environment, input.to.version),
  ...rampSteps(input, [100], watch),
  promoteStep(input),
];
