import type { TargetState } from '../runbooks/runbook.ts';
import type { ServiceFile } from '../runbooks/service.ts';
import type { Observation, ObserveInput, Place } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import { sourceAt } from './metrics/source.ts';

/** Looks at what runs and whether its metrics answer. Writes nothing. Key: none needed. */
export const makeObserve =
  (deps: Deps) =>
  async ({ place, file }: ObserveInput): Promise<Observation> => {
    const state = await deps.target(file, place).observe(place.service);
    return { state, blind: await whyBlind(deps, file, place, state) };
  };

/** Why a gate would read nothing of the version that runs now; `null`: it would, or nothing runs. */
export const whyBlind = async (
  deps: Pick<Deps, 'target' | 'clock'>,
  file: ServiceFile,
  place: Place,
  state: TargetState,
): Promise<string | null> => {
  const running = runningVersion(state);
  if (running === null) return null;
  const [problem] = await sourceAt(deps, file, place).check({ running, other: [] });
  return problem?.message ?? null;
};

/** The version whose metrics speak for the service: the promoted one, else one that takes traffic. */
export const runningVersion = (state: TargetState): string | null =>
  state.stable ?? state.groups.find((group) => (state.weights[group.version] ?? 0) > 0)?.version ?? null;
