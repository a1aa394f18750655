import { errorsValues } from './errors.ts';
import { gaugeValue } from './gauges.ts';
import { proofValue } from './health.ts';
import { latencyValues } from './latency.ts';
import { logSumExp } from './numerics.ts';
import { onsetPlaced } from './onset.ts';
import type { GateSettings } from './settings.ts';
import type { GateState } from './state.ts';
import type { HealthState, StreamState } from './stream.ts';
import { tests, testWeights } from './weights.ts';
import type { TestName } from './weights.ts';

/** One test's evidence. `metric`: the custom metric that it is about; `null`: the requests. */
export type Tested = {
  readonly name: TestName;
  readonly metric: string | null;
  readonly log: number;
  readonly weight: number;
};

/** `ln` of the evidence: of each configured test, with its weight, and of all together. */
export type Evidence = { readonly tests: readonly Tested[]; readonly total: number };

/** Whether a test is made of a stream of events. */
const hasTest = (
  { errors, latency }: Pick<GateSettings, 'errors' | 'latency'>,
  name: Exclude<TestName, 'gauges'>,
): boolean => {
  switch (name) {
    case 'errors_vs_baseline':
    case 'on_fire':
      return errors !== null;
    case 'errors_vs_limit':
      return errors !== null && errors.max !== null;
    case 'latency_vs_baseline':
      return latency !== null;
    case 'latency_vs_limit':
      return latency !== null && latency.limits.length > 0;
  }
};

/** Of which a test is made: `null` stands for the requests, a name for a custom metric. */
const testedIn = (settings: GateSettings, name: TestName): readonly (string | null)[] => {
  if (name === 'gauges') return settings.saturation.length > 0 ? [null] : [];
  const custom = settings.custom.filter((metric) => hasTest(metric, name)).map((metric) => metric.name);
  return hasTest(settings, name) ? [null, ...custom] : custom;
};

/**
 * Weight of each configured test, of the requests and of every custom metric alike: those of the others are spread over
 * them in proportion, and the metrics of a class share its weight equally.
 */
export const weightsOf = (settings: GateSettings): ReadonlyMap<TestName, number> => {
  const of = new Map(tests.map((name) => [name, testedIn(settings, name).length]));
  const names = tests.filter((name) => (of.get(name) ?? 0) > 0);
  const sum = names.reduce((total, name) => total + testWeights[name], 0);
  return new Map(names.map((name) => [name, testWeights[name] / sum / (of.get(name) ?? 1)]));
};

const average = (logs: readonly number[]): number =>
  logs.length === 0 ? 0 : logSumExp(logs) - Math.log(logs.length);

type StreamLogs = Readonly<Record<Exclude<TestName, 'gauges'>, number>>;

const logsOf = ({ errors, latency }: StreamState, left: number, budget: number): StreamLogs => {
  const { comparison, limit, fire } =
    errors === null ? { comparison: 0, limit: 0, fire: 0 } : errorsValues(errors, left, budget);
  const { compared, limited } =
    latency === null ? { compared: 0, limited: 0 } : latencyValues(latency, left, budget);
  return {
    errors_vs_baseline: comparison,
    errors_vs_limit: limit,
    on_fire: fire,
    latency_vs_baseline: compared,
    latency_vs_limit: limited,
  };
};

/** What all tests say now. */
export const evidenceOf = (settings: GateSettings, state: GateState): Evidence => {
  const left = 1 - onsetPlaced(state.tick, state.plannedTicks);
  const { budget } = settings;
  const logs = new Map<string | null, StreamLogs>([[null, logsOf(state, left, budget)]]);
  for (const [i, { name }] of settings.custom.entries()) {
    const own = state.custom?.[i];
    if (own !== undefined) logs.set(name, logsOf(own, left, budget));
  }
  const weighted = [...weightsOf(settings)].flatMap(([name, weight]) =>
    testedIn(settings, name).map((metric) => {
      const log = name === 'gauges' ? average(state.gauges.map(gaugeValue)) : (logs.get(metric)?.[name] ?? 0);
      return { name, metric, weight, log };
    }),
  );
  return { tests: weighted, total: logSumExp(weighted.map(({ log, weight }) => log + Math.log(weight))) };
};

/** The test that speaks loudest. */
export const loudest = ({ tests: made }: Evidence): Pick<Tested, 'name' | 'metric'> => {
  const [first, ...others] = made;
  if (first === undefined) return { name: 'errors_vs_baseline', metric: null };
  const share = (test: Tested): number => test.log + Math.log(test.weight);
  return others.reduce((best, test) => (share(test) > share(best) ? test : best), first);
};

/** `ln` of the evidence of health; `late`: of the watch's last third alone. */
export const healthOf = (health: HealthState): { readonly good: number; readonly late: number } => ({
  good: average(health.good.map(proofValue)),
  late: average(health.late.map(proofValue)),
});
