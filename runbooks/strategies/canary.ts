import type { Action, Group, Release, ShiftStep, Step, TargetState, WatchStep } from '../runbook.ts';
import type { EnvironmentBlock } from '../service.ts';
import { effectiveWeights, groupOf } from '../traffic.ts';
import { sayDuration } from '../units.ts';

/** What a strategy makes its steps from. `from`: the version that has all the traffic; `null`: none has. */
export type StrategyInput = {
  readonly environment: EnvironmentBlock;
  readonly state: TargetState;
  readonly from: Group | null;
  readonly to: Release;
};

/**
 * Steps of a canary: deploy beside the old version, smoke, then shift and watch by turns, at last promote.
 * Without an old version that could take traffic there is nothing to compare with: all of it goes at once, one watch.
 */
export const canarySteps = (input: StrategyInput): readonly Step[] => {
  const { environment, from, to } = input;
  return [
    {
      kind: 'preflight',
      title: 'preflight checks',
      checks: from === null ? ['artifact'] : ['artifact', 'way-back', 'gate'],
      back: [],
    },
    deployStep(input),
    ...smokeSteps(environment, to.version),
    ...rampSteps(input),
    { kind: 'promote', title: `promote ${to.version}`, release: to, back: promoteBack(input) },
  ];
};

/** Smoke tests of one version; none where the file declares none. */
export const smokeSteps = (environment: EnvironmentBlock, version: string): readonly Step[] =>
  environment.smoke.length === 0
    ? []
    : [{ kind: 'smoke', title: `smoke tests on ${version}`, version, checks: environment.smoke, back: [] }];

/** A group that stood there before is left as it was found; the first version ever has nothing to make room for. */
const deployStep = ({ environment, state, from, to }: StrategyInput): Step => ({
  kind: 'deploy',
  title: `deploy ${to.version}`,
  release: to,
  withinMs: environment.strategy.canary.ready,
  back:
    from === null || groupOf(state, to.version) !== undefined ? [] : [{ do: 'retire', version: to.version }],
});

const promoteBack = ({ state, from }: StrategyInput): readonly Action[] =>
  from === null ? [] : [{ do: 'promote', version: state.stable ?? from.version }];

const rampSteps = (input: StrategyInput): readonly Step[] => {
  const { environment, from, to } = input;
  const { steps, watch } = environment.strategy.canary;
  const shift = (percent: number, actual: number, held = ''): ShiftStep => ({
    kind: 'shift',
    title: `${String(actual)} % to ${to.version}${held}`,
    percent,
    weights: from === null || actual === 100 ? { [to.version]: 100 } : split(from, to, actual),
    back: from === null ? [] : [{ do: 'shift', weights: effectiveWeights(input.state.weights) }],
  });
  const look = (number: number, percent: number, actual: number): WatchStep => ({
    kind: 'watch',
    title: `watch ${sayDuration(watch)} at ${String(actual)} %`,
    watch: number,
    percent,
    windowMs: watch,
    canary: to.version,
    baseline: from === null || actual === 100 ? null : from.version,
    back: [],
  });
  if (from === null || from.ready === 0) return [shift(100, 100), look(0, 100, 100)];
  const before = steps.slice(0, -1);
  const ramp = before.flatMap((percent, i) => [shift(percent, percent), look(i, percent, percent)]);
  // A ramp that went higher than the share left by `holdBack` stays there: traffic never moves down on the way up.
  const last = Math.max(before.at(-1) ?? 0, 100 - Math.round(100 * environment.gates.holdBack));
  if (last === 100) return [...ramp, shift(100, 100), look(before.length, 100, 100)];
  const held = ` (${String(100 - last)} % held back)`;
  return [...ramp, shift(100, last, held), look(before.length, 100, last), shift(100, 100)];
};

const split = (from: Release, to: Release, percent: number): Readonly<Record<string, number>> => ({
  [to.version]: percent,
  [from.version]: 100 - percent,
});
