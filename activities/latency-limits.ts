import { SluiceError } from '../runbooks/errors.ts';
import type { Runbook, TargetState } from '../runbooks/runbook.ts';
import type { ArmReading, CustomReading } from '../src/gates/reading.ts';
import { limitWarnings } from '../src/gates/slow-shares.ts';
import type { RolloutInput } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import type { MetricsSource } from './metrics/source.ts';
import { sourceAt } from './metrics/source.ts';
import { runningVersion } from './observe.ts';
import { watchSettings } from './outlook.ts';

/** Bounds of a version's histogram, in seconds; `null`: it tells none. */
const boundsIn = (reading: CustomReading | null | undefined): readonly number[] | null => {
  const [first] = reading?.instances.flatMap(({ latency }) => latency ?? []) ?? [];
  return first?.le.filter((bound) => bound !== '+Inf') ?? null;
};

/** What the running version counts; `null`: it does not answer now. */
const readNow = async (source: Pick<MetricsSource, 'read'>, version: string): Promise<ArmReading | null> => {
  try {
    return (await source.read(version)).arm;
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
  const settings = running === null ? null : watchSettings(runbook, running);
  if (running === null || settings === null) return [];
  const held = [
    { place: 'latency', latency: settings.latency, of: (arm: ArmReading | null) => arm },
    ...settings.custom.map(({ name, latency }) => ({
      ...{ place: `custom.${name}`, latency },
      of: (arm: ArmReading | null) => arm?.custom?.[name],
    })),
  ].filter(({ latency }) => latency !== null && latency.limits.length > 0);
  if (held.length === 0) return [];
  const arm = await readNow(sourceAt(deps, input.service, { service, environment }), running);
  return held.flatMap(({ place, latency, of }) => {
    const bounds = boundsIn(of(arm));
    return bounds === null ? [] : limitWarnings(bounds, latency?.limits ?? [], place);
  });
};
