import type { TargetState } from '../runbooks/runbook.ts';
import type { ServiceFile } from '../runbooks/service.ts';
import type { Observation, ObserveInput, Place } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import { readArm } from './metrics/arm.ts';

/** Looks at what runs and whether its metrics answer. Writes nothing. Key: none needed. */
export const makeObserve =
  (deps: Deps) =>
  async ({ place, file }: ObserveInput): Promise<Observation> => {
    const state = await deps.target(file, place).observe(place.service);
    return { state, blind: await whyBlind(deps, file, place, state) };
  };

/** Why a gate would read nothing of the version that runs now; `null`: it would, or nothing runs. */
export const whyBlind = async (
  { target, clock }: Pick<Deps, 'target' | 'clock'>,
  file: ServiceFile,
  place: Place,
  state: TargetState,
): Promise<string | null> => {
  const taking = state.groups.find((group) => (state.weights[group.version] ?? 0) > 0)?.version;
  const running = state.stable ?? taking;
  if (running === undefined) return null;
  const reading = await readArm(target(file, place), place.service, running, clock());
  if (reading.arm !== null && reading.arm.instances.length > 0) return null;
  return `The metrics of ${running}, which runs now, can not be read: ${reading.why ?? 'no instance answered'}.`;
};
