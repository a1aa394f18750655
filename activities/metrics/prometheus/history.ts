import { SluiceError } from '../../../runbooks/errors.ts';
import type { ArmReading } from '../../../src/gates/reading.ts';
import type { PrometheusApi } from './api.ts';
import { byInstance, readAt } from './assemble.ts';
import type { TimedInstance } from './assemble.ts';
import { collect } from './collect.ts';
import type { InstanceSeries } from './instance.ts';
import type { PrometheusPlan } from './plan.ts';

export type Past = { readonly fromMs: number; readonly toMs: number; readonly everyMs: number };
export type PastReading = { readonly atMs: number; readonly arm: ArmReading };

/** Asked for at once; half an hour of many series would be too much for one answer. */
const chunkMs = 5 * 60_000;

/** Series of one stretch, and of `freshMs` before it: the first steps look back. */
const readChunk = async (
  api: PrometheusApi,
  plan: PrometheusPlan,
  version: string,
  { fromMs, toMs, everyMs }: Past,
  signal: AbortSignal | undefined,
): Promise<readonly InstanceSeries[]> => {
  const session = await api.open(signal);
  const { fresh } = plan.settings;
  const span = { backMs: toMs - fromMs + fresh, toMs, freshMs: fresh, stepMs: everyMs };
  const found = await Promise.all(plan.requests.map((request) => collect(session, request, version, span)));
  return byInstance(new Map(found.flatMap((some) => [...some])), plan);
};

/** `null`: nothing usable was there at that moment, which the past may have. */
const readStep = (
  instances: readonly InstanceSeries[],
  since: number,
  until: number,
): readonly TimedInstance[] | null => {
  try {
    const found = readAt(instances, since, until);
    return found.length === 0 ? null : found;
  } catch (error) {
    if (error instanceof SluiceError) return null;
    throw error;
  }
};

/**
 * The readings of a stretch of the past, by the same raw counters and the same rules as those of now, oldest first;
 * moments without news are left out. Gauges are not read.
 * @throws SluiceError METRICS_UNAVAILABLE where the source doesn't answer
 */
export const readPast = async (
  api: PrometheusApi,
  plan: PrometheusPlan,
  version: string,
  past: Past,
  signal: AbortSignal | undefined,
): Promise<readonly PastReading[]> => {
  const { fromMs, toMs, everyMs } = past;
  const readings: PastReading[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (let start = fromMs; start <= toMs; start += chunkMs) {
    const end = Math.min(start + chunkMs - 1, toMs);
    const instances = await readChunk(api, plan, version, { fromMs: start, toMs: end, everyMs }, signal);
    const first = fromMs + Math.ceil((start - fromMs) / everyMs) * everyMs;
    for (let moment = first; moment <= end; moment += everyMs) {
      const found = readStep(instances, moment - plan.settings.fresh, moment);
      const at = Math.max(...(found ?? []).map(({ time }) => time));
      if (found === null || at <= last || at < fromMs) continue;
      last = at;
      readings.push({ atMs: at, arm: { at: 0, instances: found.map(({ reading }) => reading) } });
    }
  }
  return readings;
};
