import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import type { Problem } from '../runbooks/errors.ts';
import { SluiceError } from '../runbooks/errors.ts';
import { plan } from '../runbooks/plan.ts';
import type { Release, Runbook, TargetState } from '../runbooks/runbook.ts';
import { canonicalJson } from '../runbooks/runbook.ts';
import type { ServiceFile } from '../runbooks/service.ts';
import { keepId } from '../src/rollouts/ids.ts';
import type { Preparation, RolloutInput } from '../workflows/contract.ts';
import { nextEpoch } from '../workflows/fences.ts';
import type { Deps } from './deps.ts';
import { whyBlind } from './observe.ts';
import { resolveManifest } from './targets/practice/artifact.ts';

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
    const found = await releaseOf(input, state, backTo);
    if ('problem' in found) return { ok: false, problems: [found.problem] };

    const planned = plan({
      kind: input.kind,
      service: input.service,
      environment: input.environment,
      release: found.release,
      state,
      lastGood: good === null ? null : { version: good.version, digest: good.digest },
    });
    if ('problems' in planned) return { ok: false, problems: planned.problems };
    const silent = input.kind === 'deploy' ? await metricsProblem(deps, input, state) : null;
    if (silent !== null) return { ok: false, problems: [silent] };
    return {
      ok: true,
      runbook: planned.runbook,
      hash: hashRunbook(planned.runbook),
      epoch: nextEpoch(state.fence),
      warnings: planned.warnings,
      keep: good !== null && good.by === 'rollout' ? keepId(good.rolloutId) : null,
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
    const { release } = await resolveManifest(manifests(input.service), {
      service: input.service.service,
      version,
    });
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
    if (error instanceof SluiceError) return { problem: error.toProblem() };
    throw error;
  }
};

/** The folder of manifests: absolute, because the façade has resolved it against the service file. */
export const manifests = (file: ServiceFile): string => {
  const folder = file.artifact.manifests;
  if (isAbsolute(folder)) return folder;
  throw new SluiceError({
    code: 'INTERNAL',
    message: `artifact.manifests reached a worker unresolved: ${folder}`,
  });
};

/** A gate that would read nothing is found before the deploy, not after. */
const metricsProblem = async (
  deps: Deps,
  input: RolloutInput,
  state: TargetState,
): Promise<Problem | null> => {
  const place = { service: input.service.service, environment: input.environment };
  const blind = await whyBlind(deps, input.service, place, state);
  if (blind === null) return null;
  return {
    code: 'METRICS_UNAVAILABLE',
    message: `${blind} A gate would be blind.`,
    hint: 'Mend the metrics source first; `sluice doctor` shows what answers.',
  };
};
