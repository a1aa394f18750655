import { errorsValues } from './errors.ts';
import { gaugeValue } from './gauges.ts';
import { proofValue } from './health.ts';
import { latencyValues } from './latency.ts';
import { logSumExp } from './numerics.ts';
import { onsetPlaced } from './onset.ts';
import type { GateSettings } from './settings.ts';
import type { GateState, HealthState } from './state.ts';
import { testWeights } from './weights.ts';
import type { TestName } from './weights.ts';

/** `ln` of the evidence: of each configured test, with its weight, and of all together. */
export type Evidence = {
  readonly tests: readonly { readonly name: TestName; readonly log: number; readonly weight: number }[];
  readonly total: number;
};

/** Whether a test is configured: only those share the budget. */
const isConfigured = (settings: GateSettings, name: TestName): boolean => {
  switch (name) {
    case 'errors_vs_baseline':
    case 'on_fire':
      return settings.errors !== null;
    case 'errors_vs_limit':
      return settings.errors !== null && settings.errors.max !== null;
    case 'latency_vs_baseline':
      return settings.latency !== null;
    case 'latency_vs_limit':
      return settings.latency !== null && settings.latency.limits.length > 0;
    case 'gauges':
      return settings.saturation.length > 0;
  }
};

/** Weights of the configured tests: those of the others are spread over them in proportion. */
export const weightsOf = (settings: GateSettings): ReadonlyMap<TestName, number> => {
  const names = (Object.keys(testWeights) as TestName[]).filter((name) => isConfigured(settings, name));
  const sum = names.reduce((total, name) => total + testWeights[name], 0);
  return new Map(names.map((name) => [name, testWeights[name] / sum]));
};

const average = (logs: readonly number[]): number =>
  logs.length === 0 ? 0 : logSumExp(logs) - Math.log(logs.length);

const logsOf = (settings: GateSettings, state: GateState): Readonly<Record<TestName, number>> => {
  const left = 1 - onsetPlaced(state.tick, state.plannedTicks);
  const errors =
    state.errors === null
      ? { comparison: 0, limit: 0, fire: 0 }
      : errorsValues(state.errors, left, settings.budget);
  const latency =
    state.latency === null
      ? { compared: 0, limited: 0 }
      : latencyValues(state.latency, left, settings.budget);
  return {
    errors_vs_baseline: errors.comparison,
    errors_vs_limit: errors.limit,
    on_fire: errors.fire,
    latency_vs_baseline: latency.compared,
    latency_vs_limit: latency.limited,
    gauges: average(state.gauges.map(gaugeValue)),
  };
};

/** What all tests say now. */
export const evidenceOf = (settings: GateSettings, state: GateState): Evidence => {
  const logs = logsOf(settings, state);
  const weighted = [...weightsOf(settings)].map(([name, weight]) => ({ name, weight, log: logs[name] }));
  return { tests: weighted, total: logSumExp(weighted.map(({ log, weight }) => log + Math.log(weight))) };
};

/** The test that speaks loudest. */
export const loudest = (evidence: Evidence): TestName => {
  const [first, ...others] = evidence.tests;
  if (first === undefined) return 'errors_vs_baseline';
  const share = (test: typeof first): number => test.log + Math.log(test.weight);
  return others.reduce((best, test) => (share(test) > share(best) ? test : best), first).name;
};

/** `ln` of the evidence of health; `late`: of the watch's last third alone. */
export const healthOf = (health: HealthState): { readonly good: number; readonly late: number } => ({
  good: average(health.good.map(proofValue)),
  late: average(health.late.map(proofValue)),
});
