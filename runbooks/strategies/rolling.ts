import type { Action, DeployStep, ScaleStep, Step } from '../runbook.ts';
import { groupOf, sayInstances } from '../traffic.ts';
import type { Batch } from './batches.ts';
import { batchesOf } from './batches.ts';
import type { Replacing, StrategyInput } from './parts.ts';
import {
  deployStep,
  preflightStep,
  promoteStep,
  replaces,
  shiftStep,
  smokeSteps,
  watchStep,
} from './parts.ts';
import { rampSteps } from './ramp.ts';
import type { RollingBlock } from './rolling-block.ts';

/**
 * Steps of a rolling update: batch by batch more of the new version and less of the old one, each batch ready before
 * the next, the traffic in proportion to the instances. Then one watch, and the promotion. What is held back stays on
 * the last instances of the old version until the watch is over.
 */
export const rollingSteps = (input: StrategyInput, block: RollingBlock): readonly Step[] => {
  if (!replaces(input)) {
    return [
      preflightStep(input),
      deployStep(input, block.ready),
      ...smokeSteps(input.environment, input.to.version),
      ...rampSteps(input, [100], block.watch),
      promoteStep(input),
    ];
  }
  const { from, holdBack } = input;
  const total = from.instances;
  const held = Math.min(total - 1, Math.ceil(total * holdBack));
  const begin: Batch = { fresh: 0, old: total };
  const watched = batchesOf(begin, { ...block, total, held });
  const middle = watched.at(-1) ?? begin;
  const steps = (batches: readonly Batch[], before: Batch): readonly Step[] =>
    batches.flatMap((batch, i) => batchSteps(input, block, batches[i - 1] ?? before, batch));
  return [
    preflightStep(input),
    ...steps(watched, begin),
    watchStep(input, { watch: 0, percent: 100, actual: shareOf(middle), windowMs: block.watch }),
    ...steps(batchesOf(middle, { ...block, total, held: 0 }), middle),
    promoteStep(input),
  ];
};

/** Percent of the traffic that so many new instances take beside so many old ones. */
const shareOf = ({ fresh, old }: { readonly fresh: number; readonly old: number }): number => {
  if (old === 0) return 100;
  if (fresh === 0) return 0;
  return Math.min(99, Math.max(1, Math.round((100 * fresh) / (fresh + old))));
};

const batchSteps = (
  input: Replacing,
  { ready }: RollingBlock,
  before: Batch,
  batch: Batch,
): readonly Step[] => {
  const { fresh, old } = before;
  const up = batch.fresh === fresh ? [] : [upStep(input, batch.fresh, fresh === 0, ready)];
  const tests = fresh === 0 && batch.fresh > 0 ? smokeSteps(input.environment, input.to.version) : [];
  const percent = shareOf(batch);
  const moves = percent !== shareOf(before) ? [trafficStep(input, percent)] : [];
  const down = batch.old === old ? [] : [downStep(input, batch.old)];
  return [...up, ...tests, ...moves, ...down];
};

const trafficStep = (input: Replacing, percent: number): Step => {
  const { from, to } = input;
  const weights =
    percent === 100 ? { [to.version]: 100 } : { [to.version]: percent, [from.version]: 100 - percent };
  return shiftStep(input, { percent, weights });
};

const upStep = (
  input: Replacing,
  instances: number,
  first: boolean,
  ready: number,
): DeployStep | ScaleStep => {
  const { to } = input;
  const back = freshBack(input);
  return first
    ? {
        ...deployStep(input, ready),
        title: `start ${sayInstances(instances)} of ${to.version}`,
        instances,
        back,
      }
    : {
        kind: 'scale',
        title: `${to.version} to ${sayInstances(instances)}`,
        release: to,
        instances,
        withinMs: ready,
        back,
      };
};

/** A group that stood there before has as many instances again as were found. */
const freshBack = ({ state, to: { version } }: Replacing): readonly Action[] => {
  const standing = groupOf(state, version);
  return standing === undefined
    ? [{ do: 'retire', version }]
    : [{ do: 'scale', version, instances: standing.instances }];
};

const downStep = ({ from }: Replacing, instances: number): ScaleStep => ({
  kind: 'scale',
  title: instances === 0 ? `stop ${from.version}` : `${from.version} to ${sayInstances(instances)}`,
  release: { version: from.version, digest: from.digest },
  instances,
  withinMs: null,
  back: [{ do: 'scale', version: from.version, instances: from.instances }],
});
