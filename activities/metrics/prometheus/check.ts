import type { Problem } from '../../../runbooks/errors.ts';
import { sayDuration } from '../../../runbooks/units.ts';
import { gaugeProblems, problemsOf } from '../problems.ts';
import type { MetricsSource, WatchedVersions } from '../source.ts';
import { mostSeries } from './api.ts';
import type { PrometheusApi } from './api.ts';
import { checkCounter } from './check-counter.ts';
import type { AskPrometheus } from './check-counter.ts';
import type { PrometheusPlan } from './plan.ts';

export type CheckParts = {
  readonly api: PrometheusApi;
  readonly plan: PrometheusPlan;
  readonly source: Pick<MetricsSource, 'read'>;
  /** Ms since the epoch. */
  readonly clock: () => number;
};

/** The watch compares the source's times with its own. */
const mostApartMs = 60_000;

const clockProblems = ({ plan, clock }: CheckParts, at: number): readonly Problem[] => {
  const apart = at - clock();
  // An old sample is old, and a fresh one of a clock that is behind looks like it.
  const allowed = apart > 0 ? mostApartMs : mostApartMs + plan.settings.fresh;
  if (Math.abs(apart) <= allowed) return [];
  const message = `The newest sample of Prometheus at ${plan.settings.url} is ${sayDuration(Math.abs(apart))} ${apart > 0 ? 'in the future' : 'old'} by the clock of this worker.`;
  return [{ code: 'METRICS_UNAVAILABLE', message, hint: 'Set both clocks (NTP).' }];
};

/**
 * Whether the running version can be read, and no query mixes versions. Everything that is wrong with the counters is
 * told at once; the first reading is made only when nothing is.
 */
export const checkPrometheus = async (
  parts: CheckParts,
  versions: WatchedVersions,
  signal: AbortSignal | undefined,
): Promise<readonly Problem[]> => {
  const { api, plan, source } = parts;
  const ask: AskPrometheus = async (place, query) => {
    const session = await api.open(signal);
    return session.instant({ place, query, most: mostSeries, mend: 'Narrow the query' }, null);
  };
  const problems: Problem[] = [];
  for (const counter of [plan.total, plan.bad, plan.buckets]) {
    if (counter === null) continue;
    problems.push(...(await problemsOf(() => checkCounter(ask, counter, plan, versions))));
    // Nobody answers: the other questions would say the same.
    if (problems.some(({ details }) => details?.['place'] === undefined)) return problems;
  }
  if (problems.length > 0) return problems;
  return problemsOf(async () => {
    const { at, arm } = await source.read(versions.running, signal);
    return [...clockProblems(parts, at), ...gaugeProblems(plan.gauges, arm, versions.running)];
  });
};
