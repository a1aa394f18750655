import type { Action, DeployStep, Group, ScaleStep, Step } from '../runbook.ts';
import { groupOf } from '../traffic.ts';
import type { StrategyInput } from './parts.ts';
import {
  deployStep,
  preflightStep,
  promoteStep,
  shiftStep,
  smokeSteps,
  split,
  trafficBack,
  watchStep,
} from './parts.ts';
import type { RecreateBlock } from './recreate-block.ts';

/**
 * Steps of recreate, for what can not run twice: the old version stops before the new one starts, in both directions.
 * In between nobody answers, and the plan says so.
 */
export const recreateSteps = (input: StrategyInput, { watch, ready }: RecreateBlock): readonly Step[] => [
  preflightStep(input),
  ...(input.from === null ? [] : [stopStep(input, input.from)]),
  startStep(input, ready),
  ...smokeSteps(input.environment, input.to.version),
  shiftStep(input, { percent: 100, weights: split(input, 100) }),
  watchStep(input, { watch: 0, percent: 100, actual: 100, windowMs: watch }),
  promoteStep(input),
];

const stopStep = (input: StrategyInput, from: Group): ScaleStep => ({
  kind: 'scale',
  title: `stop ${from.version}: downtime begins`,
  release: { version: from.version, digest: from.digest },
  instances: 0,
  downtime: true,
  withinMs: null,
  back: [{ do: 'scale', version: from.version, instances: from.instances }, ...trafficBack(input)],
});

/** The way back stops it before the old version starts again. */
const startStep = (input: StrategyInput, ready: number): DeployStep => {
  const step = deployStep(input, ready);
  const { version } = input.to;
  const standing = groupOf(input.state, version);
  const found: readonly Action[] =
    standing === undefined ? step.back : [{ do: 'scale', version, instances: standing.instances }];
  if (input.from === null) return step;
  return { ...step, back: [{ do: 'scale', version, instances: 0, downtime: true }, ...found] };
};
