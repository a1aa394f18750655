import { approvalPlan } from './approval.ts';
import { closest } from './closest.ts';
import type { Problem } from './errors.ts';
import { checkDark, checkFlag, flagOnlySteps } from './plan-flag.ts';
import { checkDeploy, checkRelease, checkReturn } from './plan-checks.ts';
import { checkMigrations, withMigrations, withWarnings } from './plan-migrations.ts';
import type { PlanRequest, PlanResult } from './plan-request.ts';
import { returnSteps } from './plan-return.ts';
import type { KeepPlan, Release, Runbook, Step, StrategyName, TargetState } from './runbook.ts';
import type { EnvironmentBlock } from './service.ts';
import { chosenStrategy, placingOf, standardHoldBack } from './strategies/strategy-block.ts';
import { strategySteps } from './strategies/strategy-steps.ts';
import { isReady, groupOf, readTraffic } from './traffic.ts';

export type { PlanRequest, PlanResult } from './plan-request.ts';

/**
 * The runbook of a request, or why there is none. Pure: the same request gives the same bytes of canonical JSON.
 * A deploy ramps by the environment's strategy and knows the way back of each step; a rollback or a recovery moves
 * all traffic at once and has none, since it is one: where it fails, a person decides.
 */
export const plan = (request: PlanRequest): PlanResult => {
  const { service } = request;
  if (!Object.hasOwn(service.environments, request.environment)) return unknownEnvironment(request);
  const environment = service.environments[request.environment];
  if (environment === undefined) return unknownEnvironment(request);
  const problems = [...checkRelease(request), ...checkKind(request), ...checkMigrations(request)];
  if (problems.length > 0) return { problems };
  switch (request.kind) {
    case 'deploy':
      return withMigrations(request, environment, planDeploy(request, environment));
    case 'flag':
      return planFlag(request, environment);
    case 'rollback':
    case 'recover':
      return withWarnings(request, planReturn(request, environment));
    default:
      return request.kind satisfies never;
  }
};

const checkKind = (request: PlanRequest): readonly Problem[] => {
  switch (request.kind) {
    case 'deploy':
      return [...checkDeploy(request), ...checkDark(request)];
    case 'flag':
      return checkFlag(request);
    case 'rollback':
    case 'recover':
      return checkReturn(request);
    default:
      return request.kind satisfies never;
  }
};

/** The code stays what it is. */
const planFlag = (request: PlanRequest, environment: EnvironmentBlock): PlanResult => {
  const { release, flag } = request;
  return {
    runbook: runbookOf(request, environment, {
      from: { version: release.version, digest: release.digest },
      steps: flag === undefined ? [] : flagOnlySteps(flag, environment, release.version),
      keep: { retireNow: [], warm: null, keepWarmMs: 0 },
    }),
    warnings: [],
  };
};

const planDeploy = (request: PlanRequest, environment: EnvironmentBlock): PlanResult => {
  const { state, release } = request;
  const traffic = readTraffic(state);
  const from = traffic.is === 'one' ? traffic.group : null;
  const chosen = placingOf(environment.strategy);
  const holdBack = holdBackOf(environment);
  const warm = from !== null && staysWarm(chosen.name) ? from.version : null;
  return {
    runbook: runbookOf(request, environment, {
      from: from === null ? null : { version: from.version, digest: from.digest },
      steps: strategySteps({ environment, state, from, to: release, holdBack }),
      keep: {
        retireNow: others(state, [release.version, ...(warm === null ? [] : [warm])]),
        warm,
        keepWarmMs: warm === null ? 0 : environment.rollback.keepWarm,
      },
    }),
    warnings: deployWarnings(request, environment),
  };
};

const planReturn = (request: PlanRequest, environment: EnvironmentBlock): PlanResult => {
  const { state, release } = request;
  const traffic = readTraffic(state);
  const left = traffic.is === 'one' && traffic.group.version !== release.version ? traffic.group : null;
  return {
    runbook: runbookOf(request, environment, {
      from: left === null ? null : { version: left.version, digest: left.digest },
      steps: returnSteps(request, environment),
      keep: { retireNow: others(state, [release.version]), warm: null, keepWarmMs: 0 },
    }),
    warnings: [],
  };
};

/** A version that was stopped on the way is not ready for anybody: it goes with the promotion. */
const staysWarm = (name: StrategyName): boolean => name !== 'recreate' && name !== 'rolling';

const holdBackOf = ({ gates, strategy }: EnvironmentBlock): number =>
  gates.holdBack ?? standardHoldBack(placingOf(strategy).name);

type Parts = { readonly from: Release | null; readonly steps: readonly Step[]; readonly keep: KeepPlan };

const runbookOf = (request: PlanRequest, environment: EnvironmentBlock, parts: Parts): Runbook => ({
  format: 'sluice-runbook/1',
  kind: request.kind,
  service: request.service.service,
  environment: request.environment,
  owners: request.service.owners,
  strategy: chosenStrategy(environment.strategy).name,
  from: parts.from,
  to: { version: request.release.version, digest: request.release.digest },
  steps: parts.steps,
  verify: { withinMs: environment.rollback.verify, smoke: environment.smoke },
  keep: parts.keep,
  ...approvalOf(request, environment, parts),
  gates: { ...environment.gates, holdBack: holdBackOf(environment) },
  waits: {
    heldMs: environment.held,
    noDataMs: environment.noData,
    stuck: { afterMs: environment.stuck.after, then: environment.stuck.then },
  },
  access: request.service.access,
  ...(request.overrides === undefined || request.overrides.length === 0
    ? {}
    : { overrides: [...new Set(request.overrides)].sort() }),
});

/** What goes forward is asked about; a way back never waits for anybody. */
const approvalOf = (
  { kind }: PlanRequest,
  { approval }: EnvironmentBlock,
  { steps }: Parts,
): Pick<Runbook, 'approval'> => {
  const forward = kind === 'deploy' || (kind === 'flag' && steps.some(({ back }) => back.length > 0));
  return approval === undefined || !forward ? {} : { approval: approvalPlan(approval) };
};

/** Sorted, so that the order in which a target lists its groups does not change the plan. */
const others = (state: TargetState, kept: readonly string[]): readonly string[] =>
  state.groups
    .map((group) => group.version)
    .filter((version) => !kept.includes(version))
    .sort();

const deployWarnings = (request: PlanRequest, environment: EnvironmentBlock): readonly string[] => {
  const { state, release, lastGood } = request;
  const traffic = readTraffic(state);
  if (traffic.is !== 'one') {
    return [
      `No way back: nothing ran before in ${request.environment}. If ${release.version} fails, it stays as it is and a person decides.`,
    ];
  }
  const { group } = traffic;
  const warnings: string[] = [];
  if (lastGood !== null && lastGood.version !== group.version) {
    warnings.push(
      `The ledger's last good release is ${lastGood.version}, but ${group.version} runs: the way back leads to ${group.version}.`,
    );
  }
  if (group.ready === 0) {
    warnings.push(
      `No instance of ${group.version} answers: all traffic moves at once, is compared with nothing, and the way back leads to a version that is down.`,
    );
  } else if (!isReady(group)) {
    warnings.push(
      `Only ${String(group.ready)} of ${String(group.instances)} instances of ${group.version} are ready.`,
    );
  }
  if (placingOf(environment.strategy).name === 'recreate') {
    warnings.push(
      `Downtime: nobody is served from the moment ${group.version} stops until ${release.version} is ready.`,
    );
  } else if (group.ready > 0 && Math.round(100 * holdBackOf(environment)) === 0) {
    warnings.push(
      'gates.holdBack is 0 %: the last watch has no old version beside it, so an outage elsewhere looks like the release.',
    );
  }
  const chosen = chosenStrategy(environment.strategy);
  if (chosen.name === 'feature-flag') {
    warnings.push(
      `Once ${chosen.block.flag} is shown to anybody, the way back turns it off and leaves ${release.version} where it is.`,
    );
  }
  if (groupOf(state, release.version) !== undefined) {
    warnings.push(
      `${release.version} is there already, without traffic: it is used, and left there by the way back.`,
    );
  }
  return warnings;
};

const unknownEnvironment = (request: PlanRequest): PlanResult => {
  const names = Object.keys(request.service.environments);
  const near = closest(request.environment, names);
  return {
    problems: [
      {
        code: 'ENVIRONMENT_UNKNOWN',
        message: `${request.service.service} has no environment "${request.environment.slice(0, 80)}".`,
        hint: `${near === null ? '' : `Did you mean "${near}"? `}It has: ${names.join(', ')}.`,
      },
    ],
  };
};
