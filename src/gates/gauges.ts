import { logSumExp } from './numerics.ts';
import type { ArmReading, Reading } from './reading.ts';
import type { GaugeSettings } from './settings.ts';

/** Sums of one arm over the block at hand: readings, their values, and requests per instance. */
type Block = { readonly readings: number; readonly value: number; readonly requests: number };

/** How long an arm has been above a limit without a break. */
type Run = { readonly since: number; readonly readings: number } | null;

export type GaugeState = {
  readonly blockFrom: number | null;
  readonly canary: Block;
  readonly baseline: Block;
  /** `ln` of the capital of each bet on "above tolerance more often than not". */
  readonly bets: readonly number[];
  readonly canaryOver: Run;
  readonly baselineOver: Run;
};

const stakes = [0.3, 0.6, 0.9];
const blockSeconds = 30;
const fullRunSeconds = 60;
const fullRunReadings = 6;
const memoryWarmUp = 60;
const emptyBlock: Block = { readings: 0, value: 0, requests: 0 };

export const startGauge: GaugeState = {
  blockFrom: null,
  canary: emptyBlock,
  baseline: emptyBlock,
  bets: [0, 0, 0],
  canaryOver: null,
  baselineOver: null,
};

/** Watched even where nobody wrote a limit down: shares of the memory limit and of throttled CPU periods. */
const unwrittenLimits: Readonly<Record<string, number>> = { memory: 0.9, throttling: 0.25 };

const limitOf = (gauge: GaugeSettings): number | null => gauge.max ?? unwrittenLimits[gauge.name] ?? null;

const warmUpOf = (gauge: GaugeSettings, warmUpSeconds: number): number =>
  gauge.name === 'memory' ? Math.max(memoryWarmUp, warmUpSeconds) : warmUpSeconds;

/** Sums of many such values stay finite. */
const isValue = (value: number): boolean => Math.abs(value) < 1e300;

type Seen = { readonly mean: number; readonly highest: number; readonly instances: number };

/** One arm's value now: the arm's own, or that of its warm instances; `null`: not read. */
const seen = (reading: ArmReading, name: string, t: number, warmUp: number): Seen | null => {
  const own = reading.gauges?.[name];
  const instances = Math.max(1, reading.instances.length);
  if (own !== undefined && isValue(own)) return { mean: own, highest: own, instances };
  const values = reading.instances.flatMap((instance) => {
    const value = instance.gauges?.[name];
    const cold = instance.started !== undefined && t - instance.started < warmUp;
    return value === undefined || !isValue(value) || cold ? [] : [value];
  });
  if (values.length === 0) return null;
  const sum = values.reduce((total, value) => total + value, 0);
  return { mean: sum / values.length, highest: Math.max(...values), instances };
};

const add = (block: Block, value: Seen | null, requests: number): Block => ({
  readings: block.readings + (value === null ? 0 : 1),
  value: block.value + (value?.mean ?? 0),
  requests: block.requests + requests / (value?.instances ?? 1),
});

const meanOf = (block: Block, perRequest: boolean): number | null => {
  if (block.readings === 0 || (perRequest && block.requests === 0)) return null;
  const mean = block.value / block.readings;
  return perRequest ? mean / block.requests : mean;
};

const extend = (run: Run, over: boolean | null, t: number): Run => {
  if (over === null) return run;
  if (!over) return null;
  return { since: run?.since ?? t, readings: (run?.readings ?? 0) + 1 };
};

const isFull = (run: Run, t: number): boolean =>
  run !== null && t - run.since >= fullRunSeconds && run.readings >= fullRunReadings;

/** One reading of both arms, and the requests counted since the last one. */
export type GaugeReading = {
  readonly t: number;
  /** When the canary took traffic. */
  readonly begun: number;
  readonly canary: Reading;
  readonly baseline: Reading;
  readonly canaryRequests: number;
  readonly baselineRequests: number;
};

const settle = (gauge: GaugeSettings, state: GaugeState, t: number): GaugeState => {
  const canary = meanOf(state.canary, gauge.perRequest);
  const baseline = meanOf(state.baseline, gauge.perRequest);
  const sign = canary === null || baseline === null ? 0 : Math.sign(canary - baseline * (1 + gauge.margin));
  const bets =
    sign === 0 ? state.bets : state.bets.map((bet, i) => bet + Math.log1p((stakes[i] ?? 0) * sign));
  return { ...state, blockFrom: t, canary: emptyBlock, baseline: emptyBlock, bets };
};

/** Books one reading of one gauge: blocks of half a minute, of which only "above the tolerance or not" is used. */
export const stepGauge = (
  gauge: GaugeSettings,
  warmUpSeconds: number,
  before: GaugeState,
  reading: GaugeReading,
): GaugeState => {
  const { t, begun } = reading;
  const warmUp = warmUpOf(gauge, warmUpSeconds);
  if (t < begun + warmUp || (reading.canary === null && reading.baseline === null)) return before;
  const blockFrom = before.blockFrom ?? t;
  const state = t - blockFrom >= blockSeconds ? settle(gauge, before, t) : { ...before, blockFrom };
  const canary = reading.canary === null ? null : seen(reading.canary, gauge.name, t, warmUp);
  const baseline = reading.baseline === null ? null : seen(reading.baseline, gauge.name, t, warmUp);
  const limit = limitOf(gauge);
  const over = (value: Seen | null) => (value === null || limit === null ? null : value.highest > limit);
  return {
    ...state,
    canary: add(state.canary, canary, reading.canaryRequests),
    baseline: add(state.baseline, baseline, reading.baselineRequests),
    canaryOver: extend(state.canaryOver, over(canary), t),
    baselineOver: extend(state.baselineOver, over(baseline), t),
  };
};

/** `ln E` of one gauge. */
export const gaugeValue = (state: GaugeState): number => logSumExp(state.bets) - Math.log(stakes.length);

/** Agreement that is too long to be chance, but no reason to roll back by itself. */
const doubtful = Math.log(20);

/** What a gauge says beyond its share of the evidence. */
export type GaugeFinding = 'fine' | 'over-limit' | 'both-over' | 'doubtful';

export const gaugeFinding = (gauge: GaugeSettings, state: GaugeState, t: number): GaugeFinding => {
  if (isFull(state.canaryOver, t)) {
    if (state.baselineOver !== null) return 'both-over';
    return gauge.max === null ? 'doubtful' : 'over-limit';
  }
  return gaugeValue(state) >= doubtful ? 'doubtful' : 'fine';
};
