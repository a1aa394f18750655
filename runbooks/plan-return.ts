import type { PlanRequest } from './plan-request.ts';
import type { Step } from './runbook.ts';
import type { EnvironmentBlock } from './service.ts';
import { smokeSteps } from './strategies/canary.ts';
import { groupOf, isReady } from './traffic.ts';

/**
 * Steps of a rollback or a recovery: all traffic to one release at once, deployed first where it does not stand ready.
 * No step has a way back, since the whole is one.
 */
export const returnSteps = (request: PlanRequest, environment: EnvironmentBlock): readonly Step[] => {
  const { kind, state, release } = request;
  const { version } = release;
  const standing = groupOf(state, version);
  const same = standing?.digest === release.digest;
  const cold = standing === undefined || !same || !isReady(standing);
  // Something else under that version's name, without traffic: it has to go before the right one can come.
  const wrong: readonly Step[] =
    standing === undefined || same
      ? []
      : [{ kind: 'retire', title: `retire what stands as ${version}`, version, back: [] }];
  const deploy: readonly Step[] = cold
    ? [
        {
          kind: 'deploy',
          title: `deploy ${version} again`,
          release,
          withinMs: environment.strategy.canary.ready,
          back: [],
        },
      ]
    : [];
  return [
    ...wrong,
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
