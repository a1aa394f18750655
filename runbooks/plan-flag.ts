import type { Problem } from './errors.ts';
import type { FlagWish, PlanRequest } from './plan-request.ts';
import type { Step } from './runbook.ts';
import type { EnvironmentBlock } from './service.ts';
import { flagSteps as standardSteps } from './strategies/feature-flag-block.ts';
import { flagSteps, percentsBetween, releaseStep } from './strategies/feature-flag.ts';
import { readTraffic } from './traffic.ts';

const standardWatchMs = 15 * 60_000;

/** Up is watched and can be taken back; down is itself the way back, and one step. */
export const goesUp = ({ now, wanted }: FlagWish): boolean => wanted > now;

/** What stands against moving a flag. */
export const checkFlag = ({ environment, state, flag }: PlanRequest): readonly Problem[] => {
  if (flag === undefined) {
    return [
      { code: 'RUNBOOK_INVALID', message: 'No flag was named.', hint: 'sluice flag SERVICE FLAG PERCENT' },
    ];
  }
  if (flag.wanted === flag.now) {
    return [
      {
        code: 'RUNBOOK_INVALID',
        message: `${flag.flag} is at ${String(flag.now)} % in ${environment} already.`,
        hint: 'Name another percentage.',
      },
    ];
  }
  const traffic = readTraffic(state);
  if (traffic.is === 'one' || !goesUp(flag)) return [];
  return [
    {
      code: traffic.is === 'nothing' ? 'NOTHING_RUNS' : 'RUNBOOK_INVALID',
      message: `${flag.flag} is not raised in ${environment}: no one version has the traffic.`,
      hint: 'End what is unfinished first. A flag can be lowered at any time.',
    },
  ];
};

/** A deploy is dark only while its flag is off. */
export const checkDark = ({ service, flag }: PlanRequest): readonly Problem[] =>
  flag === undefined || flag.now === 0
    ? []
    : [
        {
          code: 'RUNBOOK_INVALID',
          message: `${flag.flag} is at ${String(flag.now)} %: what is deployed now would be seen at once.`,
          hint: `Turn it off first (sluice flag ${service.service} ${flag.flag} 0), or give the new behaviour a flag of its own.`,
        },
      ];

/** Steps of a flag that is moved while `version` runs: the percentages of the file, if it ramps this flag. */
export const flagOnlySteps = (
  wish: FlagWish,
  { strategy }: EnvironmentBlock,
  version: string,
): readonly Step[] => {
  const { flag, now, wanted } = wish;
  if (!goesUp(wish)) return [releaseStep(flag, wanted, null)];
  const own = strategy['feature-flag']?.flag === flag ? strategy['feature-flag'] : null;
  const percents = percentsBetween(own?.steps ?? standardSteps, now, wanted);
  const windowMs = own?.watch ?? standardWatchMs;
  return [
    { kind: 'preflight', title: 'preflight checks', checks: ['gate'], back: [] },
    ...flagSteps({ flag, now, percents, windowMs, version, firstWatch: 0 }),
  ];
};
