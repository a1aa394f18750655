import type {
  Action,
  DeployStep,
  Group,
  PreflightStep,
  PromoteStep,
  Release,
  ShiftStep,
  Step,
  TargetState,
  WatchStep,
  Weights,
} from '../runbook.ts';
import type { EnvironmentBlock } from '../service.ts';
import { effectiveWeights, groupOf } from '../traffic.ts';
import { sayDuration } from '../units.ts';

/**
 * What a strategy makes its steps from. `from`: the version that has all the traffic; `null`: none has. `holdBack`:
 * share that stays on it during the last watch.
 */
export type StrategyInput = {
  readonly environment: EnvironmentBlock;
  readonly state: TargetState;
  readonly from: Group | null;
  readonly to: Release;
  readonly holdBack: number;
};

/** A strategy whose old version can take traffic. */
export type Replacing = StrategyInput & { readonly from: Group };

/** There is a version whose traffic can be taken over. */
export const replaces = (input: StrategyInput): input is Replacing =>
  input.from !== null && input.from.ready > 0;

export const preflightStep = ({ environment, from }: StrategyInput): PreflightStep => ({
  kind: 'preflight',
  title: 'preflight checks',
  checks: [
    'artifact',
    ...(environment.after === undefined ? [] : ['order']),
    'probes',
    ...(from === null ? [] : ['way-back']),
    ...(environment.migrations === undefined ? [] : ['migrations']),
    'window',
    ...(from === null ? [] : ['gate']),
    ...(environment.rollback.rehearsed === undefined ? [] : ['drill']),
  ],
  back: [],
});

/** Smoke tests of one version; none where the file declares none. */
export const smokeSteps = (environment: EnvironmentBlock, version: string): readonly Step[] =>
  environment.smoke.length === 0
    ? []
    : [{ kind: 'smoke', title: `smoke tests on ${version}`, version, checks: environment.smoke, back: [] }];

/** A group that stood there before is left as it was found; the first version ever has nothing to make room for. */
export const deployStep = ({ state, from, to }: StrategyInput, withinMs: number): DeployStep => ({
  kind: 'deploy',
  title: `deploy ${to.version}`,
  release: to,
  withinMs,
  back:
    from === null || groupOf(state, to.version) !== undefined ? [] : [{ do: 'retire', version: to.version }],
});

/** All traffic where it was. */
export const trafficBack = ({ state, from }: StrategyInput): readonly Action[] =>
  from === null ? [] : [{ do: 'shift', weights: effectiveWeights(state.weights) }];

/** `percent` is the share that the plan is about, `weights` what really moves: some may be held back. */
export const shiftStep = (
  input: StrategyInput,
  {
    percent,
    weights,
    note = '',
  }: { readonly percent: number; readonly weights: Weights; readonly note?: string },
): ShiftStep => ({
  kind: 'shift',
  title: `${String(weights[input.to.version] ?? 0)} % to ${input.to.version}${note}`,
  percent,
  weights,
  back: trafficBack(input),
});

/** All of it to the new version, or what is left after `from` keeps its share. */
export const split = ({ from, to }: StrategyInput, percent: number): Weights =>
  from === null || percent === 100
    ? { [to.version]: 100 }
    : { [to.version]: percent, [from.version]: 100 - percent };

/** `actual` is the share of the traffic while it is watched: beside the old version, if that keeps any. */
export const watchStep = (
  { from, to }: StrategyInput,
  {
    watch,
    percent,
    actual,
    windowMs,
  }: {
    readonly watch: number;
    readonly percent: number;
    readonly actual: number;
    readonly windowMs: number;
  },
): WatchStep => ({
  kind: 'watch',
  title: `watch ${sayDuration(windowMs)} at ${String(actual)} %`,
  watch,
  percent,
  windowMs,
  canary: to.version,
  baseline: from === null || actual === 100 ? null : from.version,
  back: [],
});

export const promoteStep = ({ state, from, to }: StrategyInput): PromoteStep => ({
  kind: 'promote',
  title: `promote ${to.version}`,
  release: to,
  back: from === null ? [] : [{ do: 'promote', version: state.stable ?? from.version }],
});

/** Percent that the new version has while the last watch runs. */
export const lastShare = (holdBack: number): number => 100 - Math.round(100 * holdBack);
