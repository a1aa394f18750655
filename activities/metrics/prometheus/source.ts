import type { SluiceError } from '../../../runbooks/errors.ts';
import type { PrometheusSource } from '../../../runbooks/gate-source.ts';
import type { ArmReading, InstanceReading } from '../../../src/gates/reading.ts';
import { sayDuration } from '../../../runbooks/units.ts';
import type { Environment } from '../http/secrets.ts';
import type { GateQueries } from '../queries.ts';
import type { MetricsSource } from '../source.ts';
import { Starts } from '../starts.ts';
import { unavailable } from '../unavailable.ts';
import { prometheusApi } from './api.ts';
import type { PrometheusApi } from './api.ts';
import { byInstance, readAt } from './assemble.ts';
import type { TimedInstance } from './assemble.ts';
import { checkPrometheus } from './check.ts';
import type { Series } from './answer.ts';
import { collect } from './collect.ts';
import { readGauge } from './gauges.ts';
import type { GaugeValues } from './gauges.ts';
import { readPast } from './history.ts';
import { NewestScrapes } from './newest.ts';
import { prometheusPlan } from './plan.ts';
import type { PrometheusPlan } from './plan.ts';
import { readStarts } from './starts.ts';

type Found = {
  readonly instances: readonly TimedInstance[];
  readonly gauges: readonly GaugeValues[];
};

const noSamples = ({ total, settings: { url, fresh } }: PrometheusPlan, version: string): SluiceError =>
  unavailable({
    message: `Prometheus at ${url} has no sample of ${total.place} for ${version} in the last ${sayDuration(fresh)}.`,
    hint: 'See whether it scrapes that version; `up` and its page of targets tell.',
    details: { place: total.place, version },
  });

const newestOf = (series: readonly Series[]): number | null => {
  const times = series.flatMap(({ points }) => points.at(-1)?.[0] ?? []);
  return times.length === 0 ? null : Math.max(...times);
};

/**
 * Asks for the total first, mostly with all else. What has to be asked for by itself is asked at the moment of the
 * total's newest sample: it is there by then, and nothing newer is in the answer.
 */
const readArm = async (
  api: PrometheusApi,
  plan: PrometheusPlan,
  version: string,
  signal: AbortSignal | undefined,
): Promise<Found> => {
  const { settings, requests } = plan;
  const { fresh } = settings;
  const session = await api.open(signal);
  const collected = new Map<string, readonly Series[]>();
  let newest: number | null = null;
  for (const request of requests) {
    const span = { backMs: fresh, freshMs: fresh, toMs: newest };
    for (const [place, series] of await collect(session, request, version, span))
      collected.set(place, series);
    newest ??= newestOf(collected.get(plan.total.place) ?? []);
    if (newest === null) throw noSamples(plan, version);
  }
  const until = newest ?? 0;
  const instances = readAt(byInstance(collected, plan), until - fresh, until);
  const ids = new Set(instances.map(({ reading }) => reading.id));
  const [starts, ...gauges] = await Promise.all([
    readStarts(session, plan, version, until),
    ...plan.gauges.map((gauge) => readGauge(session, gauge, version, until, ids, settings.instance)),
  ]);
  const started = instances.map((instance) => ({
    ...instance,
    startedMs: starts.get(instance.reading.id) ?? null,
  }));
  return { instances: started, gauges };
};

const withGauges = (reading: InstanceReading, gauges: readonly GaugeValues[]): InstanceReading => {
  const own = gauges.flatMap(({ name, instances }) => {
    const value = instances.get(reading.id);
    return value === undefined ? [] : [[name, value] as const];
  });
  return own.length === 0 ? reading : { ...reading, gauges: Object.fromEntries(own) };
};

const armOf = (instances: readonly InstanceReading[], gauges: readonly GaugeValues[]): ArmReading => {
  const shared = gauges.flatMap(({ name, arm }) => (arm === null ? [] : [[name, arm] as const]));
  return {
    at: 0,
    instances: instances.map((reading) => withGauges(reading, gauges)),
    ...(shared.length === 0 ? {} : { gauges: Object.fromEntries(shared) }),
  };
};

/** A Prometheus, by its HTTP API: raw counters per instance with the times of their scrapes. */
export const prometheusSource = (
  settings: PrometheusSource,
  queries: GateQueries,
  { env, clock }: { readonly env: Environment; readonly clock: () => number },
): MetricsSource => {
  const plan = prometheusPlan(settings, queries);
  const api = prometheusApi(settings, env);
  const starts = new Starts();
  const known = new Map<string, NewestScrapes>();
  const scrapesOf = (version: string): NewestScrapes => {
    const found = known.get(version) ?? new NewestScrapes(settings.fresh);
    known.set(version, found);
    return found;
  };
  const source: MetricsSource = {
    async read(version, signal) {
      const { instances, gauges } = await readArm(api, plan, version, signal);
      const newest = scrapesOf(version).keep(instances);
      const at = Math.max(...newest.map(({ time }) => time));
      const readings = newest.map((instance) => starts.told(version, instance, at));
      return { at, arm: armOf(readings, gauges) };
    },
    history: (version, fromMs, toMs, everyMs, signal) =>
      readPast(api, plan, version, { fromMs, toMs, everyMs }, signal),
    check: (versions, signal) => checkPrometheus({ api, plan, source, clock }, versions, signal),
  };
  return source;
};
