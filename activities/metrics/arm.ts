import { SluiceError } from '../../runbooks/errors.ts';
import type { ArmReading, Reading } from '../../src/gates/reading.ts';
import type { Target } from '../targets/target.ts';

/** A reading, or why there is none: a failed reading is never zero. */
export type ArmAnswer = { readonly arm: Reading; readonly why: string | null };

/**
 * Reads one arm and puts it on the watch's clock, whose zero is `zeroMs` (ms since the epoch).
 * What a source can't tell is `null` with the reason; only a bug throws.
 */
export const readArm = async (
  target: Target,
  service: string,
  version: string,
  zeroMs: number,
  signal?: AbortSignal,
): Promise<ArmAnswer> => {
  try {
    const { at, arm } = await target.read(service, version, signal);
    return { arm: onClock(arm, (at - zeroMs) / 1000), why: null };
  } catch (error) {
    if (error instanceof SluiceError) return { arm: null, why: error.message };
    throw error;
  }
};

const onClock = (arm: ArmReading, at: number): ArmReading => ({
  ...arm,
  at,
  instances: arm.instances.map((instance) => ({
    ...instance,
    ...(instance.started === undefined ? {} : { started: instance.started + at }),
  })),
});
