import type { PlanRequest } from './plan-request.ts';
import type { Group, Step, TargetState } from './runbook.ts';
import type { EnvironmentBlock } from './service.ts';
import { releaseStep } from './strategies/feature-flag.ts';
import { smokeSteps } from './strategies/parts.ts';
import { placingOf } from './strategies/strategy-block.ts';
import { groupOf, isReady, weightOf } from './traffic.ts';

/**
 * Steps of a rollback or a recovery: all traffic to one release at once, deployed first where it does not stand ready.
 * No step has a way back, since the whole is one.
 */
export const returnSteps = (request: PlanRequest, environment: EnvironmentBlock): readonly Step[] => {
  const { kind, state, release, flag } = request;
  const { version } = release;
  const standing = groupOf(state, version);
  const same = standing?.digest === release.digest;
  const cold = standing === undefined || !same || !isReady(standing);
  // Something else under that version's name, without traffic: it has to go before the right one can come.
  const wrong: readonly Step[] =
    standing === undefined || same
      ? []
      : [{ kind: 'retire', title: `retire what stands as ${version}`, version, back: [] }];
  const chosen = placingOf(environment.strategy);
  const running = cold ? others(state, version).filter((group) => group.instances > 0) : [];
  // As many as run now: a rolling update makes both versions as large as each other.
  const instances = chosen.name === 'rolling' ? running[0]?.instances : undefined;
  const deploy: readonly Step[] = cold
    ? [
        {
          kind: 'deploy',
          title: `deploy ${version} again`,
          release,
          ...(instances === undefined ? {} : { instances }),
          withinMs: chosen.block.ready,
          back: [],
        },
      ]
    : [];
  // What the code does for those who see it goes first, in one call.
  const off: readonly Step[] =
    kind === 'rollback' && flag !== undefined && flag.now > 0 ? [releaseStep(flag.flag, 0, null)] : [];
  return [
    ...off,
    ...wrong,
    ...(chosen.name === 'recreate' ? running.map(stopStep) : []),
    ...deploy,
    ...(cold && kind === 'rollback' ? smokeSteps(environment, version) : []),
    {
      kind: 'shift',
      title: `100 % to ${version}`,
      percent: 100,
      weights: { [version]: 100 },
      back: [],
    },
    { kind: 'promote', title: `promote ${version}`, release, back: [] },
    {
      kind: 'verify',
      title: `verify ${version}`,
      release,
      withinMs: environment.rollback.verify,
      back: [],
    },
  ];
};

/** What has traffic first; then by name, so that the order of a target's list does not change the plan. */
const others = ({ groups, weights }: TargetState, version: string): readonly Group[] =>
  groups
    .filter((group) => group.version !== version)
    .sort(
      (a, b) =>
        weightOf(weights, b.version) - weightOf(weights, a.version) || (a.version < b.version ? -1 : 1),
    );

/** What can not run twice stops first, in this direction too. */
const stopStep = ({ version, digest }: Group): Step => ({
  kind: 'scale',
  title: `stop ${version}: downtime begins`,
  release: { version, digest },
  instances: 0,
  downtime: true,
  withinMs: null,
  back: [],
});
