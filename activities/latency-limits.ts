import { SluiceError } from '../runbooks/errors.ts';
import type { Runbook, TargetState } from '../runbooks/runbook.ts';
import { limitWarnings } from '../src/gates/slow-shares.ts';
import type { RolloutInput } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import type { MetricsSource } from './metrics/source.ts';
import { sourceAt } from './metrics/source.ts';
import { runningVersion } from './observe.ts';
import { watchSettings } from './outlook.ts';

/** Bounds of the running version's histogram, in seconds; `null`: it tells none, or does not answer now. */
const boundsOf = async (
  source: Pick<MetricsSource, 'read'>,
  version: string,
): Promise<readonly number[] | null> => {
  try {
    const { arm } = await source.read(version);
    const [first] = arm.instances.flatMap(({ latency }) => latency ?? []);
    return first?.le.filter((bound) => bound !== '+Inf') ?? null;
  } catch (error) {
    if (error instanceof SluiceError) return null;
    throw error;
  }
};

/**
 * Limits on the latency that the watches of this runbook can't hold as they are written, because the histogram has no
 * bound near them: said before anything moves. Writes nothing.
 */
export const unboundedLimits = async (
  deps: Deps,
  input: RolloutInput,
  runbook: Runbook,
  state: TargetState,
): Promise<readonly string[]> => {
  const { service, environment } = runbook;
  const running = runningVersion(state);
  const { latency = null } = (running === null ? null : watchSettings(runbook, running)) ?? {};
  if (running === null || latency === null) return [];
  const bounds = await boundsOf(sourceAt(deps, input.service, { service, environment }), running);
  return bounds === null ? [] : limitWarnings(bounds, latency.limits);
};
