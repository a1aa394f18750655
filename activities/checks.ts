import { errorTable, SluiceError } from '../runbooks/errors.ts';
import type { CheckFacts } from '../runbooks/checks/judge.ts';
import type { Release, TargetState } from '../runbooks/runbook.ts';
import { readTraffic } from '../runbooks/traffic.ts';
import { activeFreeze } from '../src/freezes.ts';
import type { Place, RolloutInput } from '../workflows/contract.ts';
import { artifactSource } from './artifact/source.ts';
import type { Deps } from './deps.ts';
import { sourceAt } from './metrics/source.ts';
import { runningVersion } from './observe.ts';

/** Looks at everything that the checks before a deploy judge. Writes nothing. */
export const gatherFacts = async (
  deps: Deps,
  input: RolloutInput,
  release: Release,
  state: TargetState,
): Promise<CheckFacts> => {
  const { ledger, clock } = deps;
  const { service: file, environment } = input;
  const place: Place = { service: file.service, environment };
  const block = file.environments[environment];
  const traffic = readTraffic(state);
  const from = traffic.is === 'one' ? { version: traffic.group.version, digest: traffic.group.digest } : null;
  const running = runningVersion(state);
  const after = block?.after;
  const rehearsed = block?.rollback.rehearsed;
  const [quarantined] = await ledger.quarantine(release.digest);
  return {
    ...place,
    release,
    from,
    nowMs: clock(),
    order:
      after === undefined
        ? null
        : { after, succeeded: await ledger.hasSucceeded(file.service, after, release.digest) },
    quarantined: quarantined ?? null,
    unprobed: state.unprobed ?? null,
    lostArtifact: from === null ? null : await lostArtifact(input, from),
    freeze: activeFreeze(block?.freeze, clock()),
    incidents: await ledger.openIncidents(file.service, environment),
    hotfix: input.hotfix ?? null,
    gate:
      running === null ? [] : await sourceAt(deps, file, place).check({ running, other: [release.version] }),
    rehearsal:
      rehearsed === undefined
        ? null
        : { withinMs: rehearsed, lastAt: await ledger.lastRehearsal(file.service, environment) },
  };
};

/** Why what runs could not be deployed once more; a registry that is away for a moment says nothing: asked again. */
const lostArtifact = async (input: RolloutInput, from: Release): Promise<string | null> => {
  try {
    await artifactSource(input.service).fetchable(from);
    return null;
  } catch (error) {
    if (error instanceof SluiceError && !errorTable[error.code].retryable) return error.message;
    throw error;
  }
};
