import { SluiceError } from '../../runbooks/errors.ts';
import type { HistorySample } from '../../src/gates/history.ts';
import type { ArmReading, CustomReading, Reading } from '../../src/gates/reading.ts';
import type { MetricsSource } from './source.ts';

/** A reading, or why there is none: a failed reading is never zero. */
export type ArmAnswer = { readonly arm: Reading; readonly why: string | null };

/**
 * Reads one arm and puts it on the watch's clock, whose zero is `zeroMs` (ms since the epoch).
 * What a source can't tell is `null` with the reason; only a bug throws.
 */
export const readArm = async (
  source: Pick<MetricsSource, 'read'>,
  version: string,
  zeroMs: number,
  signal?: AbortSignal,
): Promise<ArmAnswer> => {
  try {
    const { at, arm } = await source.read(version, signal);
    return { arm: armOnClock(arm, (at - zeroMs) / 1000), why: null };
  } catch (error) {
    if (error instanceof SluiceError) return { arm: null, why: error.message };
    throw error;
  }
};

/**
 * The baseline's readings before second 0 of the watch's clock, oldest first. None where the source keeps none or does
 * not answer: the gate is more careful then.
 */
export const readHistory = async (
  source: Pick<MetricsSource, 'history'>,
  version: string,
  { zeroMs, spanMs, everyMs }: { readonly zeroMs: number; readonly spanMs: number; readonly everyMs: number },
  signal?: AbortSignal,
): Promise<readonly HistorySample[]> => {
  try {
    const readings = await source.history(version, zeroMs - spanMs, zeroMs, everyMs, signal);
    return readings
      .filter(({ atMs }) => atMs < zeroMs)
      .map(({ atMs, arm }) => ({
        t: (atMs - zeroMs) / 1000,
        baseline: armOnClock(arm, (atMs - zeroMs) / 1000),
      }));
  } catch (error) {
    if (error instanceof SluiceError) return [];
    throw error;
  }
};

const onClock = (reading: CustomReading, moment: number): CustomReading => ({
  ...reading,
  at: moment,
  instances: reading.instances.map((instance) => ({
    ...instance,
    ...(instance.started === undefined ? {} : { started: instance.started + moment }),
  })),
});

/** Custom metrics have times of their own, told from that of the requests. */
const armOnClock = ({ custom, ...arm }: ArmReading, at: number): ArmReading => ({
  ...onClock(arm, at),
  ...(custom === undefined
    ? {}
    : {
        custom: Object.fromEntries(
          Object.entries(custom).map(([name, reading]) => [
            name,
            reading === null ? null : onClock(reading, at + (reading.at ?? 0)),
          ]),
        ),
      }),
});
