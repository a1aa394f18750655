import { createHash } from 'node:crypto';
import type { Overridden, Settled } from '../runbooks/checks/check.ts';
import { settle } from '../runbooks/checks/check.ts';
import { inQuarantine, judgeChecks } from '../runbooks/checks/judge.ts';
import { lockProblem } from '../runbooks/checks/lock.ts';
import { checkWayBack } from '../runbooks/plan-checks.ts';
import { harmOfMigrations } from '../runbooks/plan-migrations.ts';
import type { PlanRequest } from '../runbooks/plan-request.ts';
import type { Problem } from '../runbooks/errors.ts';
import { errorTable, SluiceError } from '../runbooks/errors.ts';
import { plan } from '../runbooks/plan.ts';
import type { Release, Runbook, TargetState } from '../runbooks/runbook.ts';
import { canonicalJson } from '../runbooks/runbook.ts';
import { weightOf } from '../runbooks/traffic.ts';
import { keepId } from '../workflows/ids.ts';
import type { Preparation, RolloutInput } from '../workflows/contract.ts';
import { nextEpoch } from '../workflows/fences.ts';
import { artifactSource } from './artifact/source.ts';
import { gatherFacts } from './checks.ts';
import type { Deps } from './deps.ts';
import { flagWish } from './flag-wish.ts';
import { unboundedLimits } from './latency-limits.ts';
import { sourceAt } from './metrics/source.ts';
import { runningVersion } from './observe.ts';
import { lookAtMigrations } from './migrate.ts';
import { lookAhead, shortWatch } from './outlook.ts';

/** SHA-256 (hex) of the canonical JSON: what people approve and every later look is held against. */
export const hashRunbook = (runbook: Runbook): string =>
  createHash('sha256').update(canonicalJson(runbook)).digest('hex');

/**
 * Makes the runbook: resolves version → digest, asks the target what runs, the ledger for the last good release, and
 * the metrics whether they answer. Writes nothing; reads nothing from disk but the artifact. Key: none needed.
 */
export const makePrepare =
  (deps: Deps) =>
  async (input: RolloutInput): Promise<Preparation> => {
    const { ledger, target } = deps;
    const place = { service: input.service.service, environment: input.environment };
    if (!Object.hasOwn(input.service.environments, input.environment)) return unplanned(input);
    const state = await target(input.service, place).observe(place.service);
    const good = await ledger.lastGood(place.service, place.environment);
    const except = state.groups.find((group) => state.weights[group.version] === 100)?.digest;
    const backTo =
      input.kind === 'deploy' ? null : await ledger.lastGood(place.service, place.environment, except);
    const found = input.kind === 'flag' ? running(state) : await releaseOf(input, state, backTo);
    if ('problem' in found) return { ok: false, problems: [found.problem] };
    // Where nobody names a version, one that was taken back is no way back by itself.
    const named = input.kind === 'rollback' && input.version !== null;
    const [bad] = named ? await ledger.quarantine(found.release.digest) : [];
    if (bad !== undefined) return { ok: false, problems: [inQuarantine(found.release, bad)] };
    const flag = await flagWish(deps, input, place);
    if ('problem' in flag) return { ok: false, problems: [flag.problem] };

    const migrations = await lookAtMigrations(input, found.release, state);
    const request: PlanRequest = {
      kind: input.kind,
      service: input.service,
      environment: input.environment,
      release: found.release,
      state,
      lastGood: good === null ? null : { version: good.version, digest: good.digest },
      overrides: (input.overrides ?? []).map(({ check }) => check),
      ...(flag.wish === null ? {} : { flag: flag.wish }),
      migrations,
    };
    const checked =
      input.kind === 'deploy' ? await checkDeploy(deps, input, request) : { problems: [], overridden: [] };
    if (checked.problems.length > 0) return { ok: false, problems: checked.problems };
    const planned = plan(request);
    if ('problems' in planned) return { ok: false, problems: planned.problems };
    // Of a deploy the check `gate` has asked.
    const raises = input.kind === 'flag' && planned.runbook.steps.some(({ kind }) => kind === 'watch');
    const blind = raises ? await metricsProblems(deps, input, state, found.release.version) : [];
    if (blind.length > 0) return { ok: false, problems: blind };
    const outlook = await lookAhead(deps, input, planned.runbook);
    const short = settleShort(input, shortWatch(planned.runbook, outlook, input.hotfix));
    if (short.problems.length > 0) return { ok: false, problems: short.problems };
    const shortens = outlook?.known === true && outlook.warning !== null ? [outlook.warning] : [];
    const unbounded = await unboundedLimits(deps, input, planned.runbook, state);
    const overridden = [...checked.overridden, ...short.overridden];
    return {
      ok: true,
      runbook: planned.runbook,
      hash: hashRunbook(planned.runbook),
      epoch: nextEpoch(Math.max(state.fence, flag.fence)),
      warnings: [
        ...[...planned.warnings, ...flag.warnings, ...shortens, ...unbounded],
        ...overridden.map(sayOverridden),
      ],
      ...(outlook === null ? {} : { outlook }),
      ...(overridden.length === 0 ? {} : { overridden }),
      keep: good !== null && good.by === 'rollout' && input.kind !== 'flag' ? keepId(good.rolloutId) : null,
    };
  };

/** An environment that the file does not have is refused by the plan itself, with what there is. */
const unplanned = (input: RolloutInput): Preparation => {
  const result = plan({
    kind: input.kind,
    service: input.service,
    environment: input.environment,
    release: { version: input.version ?? '0', digest: '' },
    state: { groups: [], weights: {}, stable: null, fence: 0 },
    lastGood: null,
  });
  return { ok: false, problems: 'problems' in result ? result.problems : [] };
};

/** A flag is moved for whatever has the most traffic. */
const running = ({ groups, weights }: TargetState): Found => {
  const [first] = groups.toSorted((a, b) => weightOf(weights, b.version) - weightOf(weights, a.version));
  if (first !== undefined) return { release: { version: first.version, digest: first.digest } };
  return { problem: { code: 'NOTHING_RUNS', message: 'Nothing runs there whose flag could be moved.' } };
};

type Found = { readonly release: Release } | { readonly problem: Problem };

/** What to move to: the version asked for by its artifact, or the last good release as the ledger has it. */
const releaseOf = async (input: RolloutInput, state: TargetState, backTo: Release | null): Promise<Found> => {
  const version = input.version ?? backTo?.version ?? null;
  if (version === null) {
    return {
      problem: {
        code: 'NO_WAY_BACK',
        message: `The ledger knows no good release of ${input.service.service} in ${input.environment} but the one that runs.`,
        hint: 'Name the version: --to VERSION.',
      },
    };
  }
  // What still stands ready needs no artifact: the digest is the one that was deployed.
  const warm = state.groups.find((group) => group.version === version);
  if (input.kind !== 'deploy' && warm !== undefined) return { release: { version, digest: warm.digest } };
  try {
    const release = await artifactSource(input.service).resolve(version);
    if (input.kind !== 'deploy' && backTo?.version === version && backTo.digest !== release.digest) {
      return {
        problem: {
          code: 'ARTIFACT_CHANGED',
          message: `The artifact of ${version} is not the one that was promoted (${release.digest.slice(0, 19)}… instead of ${backTo.digest.slice(0, 19)}…).`,
          hint: 'Restore the artifact, or go back to another version with --to.',
        },
      };
    }
    return { release };
  } catch (error) {
    // A registry that is away for a moment refuses nothing: the activity asks again.
    if (error instanceof SluiceError && !errorTable[error.code].retryable)
      return { problem: error.toProblem() };
    throw error;
  }
};

/** What makes a plan impossible is said first; otherwise all checks at once, less those that are passed over. */
const checkDeploy = async (deps: Deps, input: RolloutInput, request: PlanRequest): Promise<Settled> => {
  const possible = plan({ ...request, overrides: ['way-back', 'migrations'] });
  if ('problems' in possible) return { problems: possible.problems, overridden: [] };
  const { service, environment } = input;
  const now = new Date(deps.clock()).toISOString();
  const locked = lockProblem(await deps.ledger.locks(service.service, environment, now));
  const facts = await gatherFacts(deps, input, request.release, request.state);
  const unknown = checkWayBack(request).map((problem) => ({ check: 'way-back' as const, problem }));
  const harm = harmOfMigrations(request).map((problem) => ({ check: 'migrations' as const, problem }));
  const { problems, overridden } = settle(
    [...unknown, ...harm, ...judgeChecks(facts)],
    input.overrides ?? [],
  );
  return { problems: [...(locked === null ? [] : [locked]), ...problems], overridden };
};

/** A watch that could not tell, where the file refuses it: of a deploy the check `window`, which may be passed over. */
const settleShort = ({ kind, overrides = [] }: RolloutInput, short: readonly Problem[]): Settled =>
  kind === 'deploy'
    ? settle(
        short.map((problem) => ({ check: 'window', problem })),
        overrides,
      )
    : { problems: short, overridden: [] };

/** The reason is a person's free text and stands with the request, where it can be erased. */
const sayOverridden = ({ check, saw }: Overridden): string => `The check ${check} is overridden: ${saw}`;

/** A gate that would read nothing, or the wrong thing, is found before a flag is raised, not after. */
const metricsProblems = async (
  deps: Deps,
  input: RolloutInput,
  state: TargetState,
  version: string,
): Promise<readonly Problem[]> => {
  const now = runningVersion(state);
  if (now === null) return [];
  const place = { service: input.service.service, environment: input.environment };
  return sourceAt(deps, input.service, place).check({ running: now, other: [version] });
};
