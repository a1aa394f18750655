import { SluiceError } from '../../runbooks/errors.ts';
import type { ArmReading, CustomReading } from '../../src/gates/reading.ts';
import type { MetricsSource } from './source.ts';

/** A custom metric of the service file, and where it is read. */
export type CustomSource = { readonly name: string; readonly source: MetricsSource };

type Timed = { readonly atMs: number; readonly arm: ArmReading };

/** As part of the reading of the requests, whose moment is `atMs`: its own time is told from there, in seconds. */
const asPart = ({ arm, atMs: own }: Timed, atMs: number): CustomReading => {
  const apart = (own - atMs) / 1000;
  return { at: apart, instances: arm.instances };
};

/** What can't be read is unknown, and takes nothing from the others. */
const orElse = async <T, E>(reading: Promise<T>, unknown: E): Promise<T | E> => {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof SluiceError) return unknown;
    throw error;
  }
};

/** The newest of a metric's past that a reading of the requests has not had before it. */
const newestUntil = (past: readonly Timed[], afterMs: number, untilMs: number): Timed | null =>
  past.findLast(({ atMs }) => atMs > afterMs && atMs <= untilMs) ?? null;

/** A source that reads a service's own metrics beside its requests. */
export const withCustom = (main: MetricsSource, custom: readonly CustomSource[]): MetricsSource =>
  custom.length === 0
    ? main
    : {
        async read(version, signal) {
          const [{ at, arm }, ...own] = await Promise.all([
            main.read(version, signal),
            ...custom.map(({ source }) => orElse(source.read(version, signal), null)),
          ]);
          const parts = custom.map(({ name }, i) => {
            const found = own[i] ?? null;
            return [name, found && asPart({ atMs: found.at, arm: found.arm }, at)] as const;
          });
          return { at, arm: { ...arm, custom: Object.fromEntries(parts) } };
        },
        async history(version, fromMs, toMs, everyMs, signal) {
          const [readings, ...pasts] = await Promise.all([
            main.history(version, fromMs, toMs, everyMs, signal),
            ...custom.map(({ source }) => orElse(source.history(version, fromMs, toMs, everyMs, signal), [])),
          ]);
          return readings.map(({ atMs, arm }, i) => {
            const before = readings[i - 1]?.atMs ?? Number.NEGATIVE_INFINITY;
            const parts = custom.map(({ name }, j) => {
              const found = newestUntil(pasts[j] ?? [], before, atMs);
              return [name, found && asPart(found, atMs)] as const;
            });
            return { atMs, arm: { ...arm, custom: Object.fromEntries(parts) } };
          });
        },
        async check(versions, signal) {
          const problems = await main.check(versions, signal);
          // Nobody answers: the other questions would say the same.
          if (problems.some(({ details }) => details?.['place'] === undefined)) return problems;
          const own = await Promise.all(custom.map(({ source }) => source.check(versions, signal)));
          return [...problems, ...own.flat()];
        },
      };
