import type { Problem } from './errors.ts';
import { isMutableTag, version as versionSchema } from './names.ts';
import type { PlanRequest } from './plan-request.ts';
import type { Group } from './runbook.ts';
import { groupOf, readTraffic, sayWeights } from './traffic.ts';

const shown = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

/** What is wrong with the version itself, whatever runs. A rollback may return to any tag: its digest is pinned. */
export const checkRelease = ({ kind, release }: PlanRequest): readonly Problem[] => {
  const parsed = versionSchema.safeParse(release.version);
  if (!parsed.success) {
    return [
      {
        code: 'VERSION_INVALID',
        message: `The version ${shown(release.version)} ${parsed.error.issues[0]?.message ?? 'is not usable'}.`,
        hint: 'Give a version such as 2.1.0.',
      },
    ];
  }
  if (kind !== 'deploy' || !isMutableTag(release.version)) return [];
  return [
    {
      code: 'VERSION_MUTABLE',
      message: `"${release.version}" is a tag that moves: it does not say what would run.`,
      hint: 'Give the version that it stands for, such as 2.1.0.',
    },
  ];
};

/** What stands against moving to a new release from what runs now. */
export const checkDeploy = (request: PlanRequest): readonly Problem[] => {
  const { state, release } = request;
  const traffic = readTraffic(state);
  switch (traffic.is) {
    case 'nothing':
      return checkLeftover(request);
    case 'unclear':
      return [unclear(request, traffic.sentence)];
    case 'split':
      return [unfinished(request, `the traffic is split (${sayWeights(state.weights)})`)];
    case 'one':
      break;
    default:
      return unreachable(traffic);
  }
  const { group } = traffic;
  if (group.version === release.version) return [sameVersion(request, group)];
  if (state.stable !== null && state.stable !== group.version) {
    const found = `${group.version} has all the traffic, but the target counts ${state.stable} as promoted`;
    return [unfinished(request, found), ...checkLeftover(request)];
  }
  const wayBack = request.overrides?.includes('way-back') === true ? [] : checkWayBack(request);
  return [...wayBack, ...checkLeftover(request)];
};

/** What stands against returning to a release: as little as possible. */
export const checkReturn = (request: PlanRequest): readonly Problem[] => {
  const { kind, state, release, lastGood } = request;
  const traffic = readTraffic(state);
  const standing = groupOf(state, release.version);
  if (kind === 'rollback' && traffic.is === 'nothing' && state.groups.length === 0 && lastGood === null) {
    return [
      {
        code: 'NOTHING_RUNS',
        message: `Nothing runs in ${request.environment}, and no release was ever known good there.`,
        hint: `sluice deploy ${request.service.service} ${release.version} --env ${request.environment}`,
      },
    ];
  }
  if (standing === undefined) return [];
  const carries = Object.entries(state.weights).some(([v, percent]) => v === release.version && percent > 0);
  if (standing.digest !== release.digest) return carries ? [changed(request, standing)] : [];
  const settled = traffic.is === 'one' && carries && (state.stable ?? release.version) === release.version;
  return kind === 'rollback' && settled ? [sameVersion(request, standing)] : [];
};

/** Whether what runs is known good; nothing to say where nothing, or no one version, runs. */
export const checkWayBack = (request: PlanRequest): readonly Problem[] => {
  const { lastGood } = request;
  const traffic = readTraffic(request.state);
  if (traffic.is !== 'one') return [];
  const { group } = traffic;
  const hint = `See that ${group.version} is well, then record it: sluice adopt ${request.service.service} --env ${request.environment}`;
  if (lastGood === null) {
    return [
      {
        code: 'NO_WAY_BACK',
        message: `${group.version} runs in ${request.environment}, but the ledger knows no good release to go back to.`,
        hint,
      },
    ];
  }
  if (lastGood.version !== group.version || lastGood.digest === group.digest) return [];
  return [
    {
      code: 'NO_WAY_BACK',
      message: `${group.version} runs with ${group.digest}, but the release known good has ${lastGood.digest}.`,
      hint,
    },
  ];
};

/** A group of the new version that stands there without traffic is used, unless something else is in it. */
const checkLeftover = (request: PlanRequest): readonly Problem[] => {
  const standing = groupOf(request.state, request.release.version);
  return standing === undefined || standing.digest === request.release.digest
    ? []
    : [changed(request, standing)];
};

const sameVersion = (request: PlanRequest, group: Group): Problem =>
  group.digest === request.release.digest
    ? {
        code: 'ALREADY_RUNNING_VERSION',
        message: `${group.version} already has all the traffic in ${request.environment}.`,
        hint: `sluice history ${request.service.service} --env ${request.environment} shows the other releases.`,
      }
    : changed(request, group);

const changed = (request: PlanRequest, group: Group): Problem => ({
  code: 'ARTIFACT_CHANGED',
  message: `${group.version} stands in ${request.environment} with ${group.digest}, but the artifact of that version now has ${request.release.digest}.`,
  hint: 'A version is built once: release the changed artifact under a version of its own.',
});

const unfinished = (request: PlanRequest, found: string): Problem => ({
  code: 'RUNBOOK_INVALID',
  message: `Something unfinished was found in ${request.environment}: ${found}.`,
  hint: `See what it is (sluice status ${request.service.service}), then end it: sluice rollback ${request.service.service} --env ${request.environment}`,
});

const unclear = (request: PlanRequest, sentence: string): Problem => ({
  code: 'RUNBOOK_INVALID',
  message: `What runs in ${request.environment} can not be told: ${sentence}.`,
  hint: `Put it right at the target, or return to the last good release: sluice rollback ${request.service.service} --env ${request.environment}`,
});

const unreachable = (traffic: never): never => {
  throw new Error(`traffic is ${JSON.stringify(traffic)}`);
};
