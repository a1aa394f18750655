import type { Step } from '../runbook.ts';
import type { CanaryBlock } from './canary-block.ts';
import type { StrategyInput } from './parts.ts';
import { deployStep, preflightStep, promoteStep, smokeSteps } from './parts.ts';
import { rampSteps } from './ramp.ts';

/** Steps of a canary: deploy beside the old version, smoke, then shift and watch by turns, at last promote. */
export const canarySteps = (input: StrategyInput, { steps, watch, ready }: CanaryBlock): readonly Step[] => [
  preflightStep(input),
  deployStep(input, ready),
  ...smokeSteps(input.environment, input.to.version),
  ...rampSteps(input, steps, watch),
  promoteStep(input),
];
