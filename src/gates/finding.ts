import { gaugeFinding } from './gauges.ts';
import type { GaugeFinding } from './gauges.ts';
import { judgedOf } from './judged.ts';
import type { Judged } from './judged.ts';
import type { Counts } from './projection.ts';
import { recentCounts } from './recent.ts';
import type { GateSettings } from './settings.ts';
import type { GateState } from './state.ts';
import { evidenceOf, healthOf, loudest } from './total.ts';
import type { Evidence } from './total.ts';
import { crashesOf } from './watch-window.ts';
import type { WatchWindow } from './watch-window.ts';
import { beta } from './weights.ts';
import type { TestName } from './weights.ts';

/** What the gate found, before it is put into words. `metric`: of which custom metric; `null`: of the requests. */
export type Finding =
  | { readonly kind: 'breach'; readonly reason: TestName; readonly metric: string | null }
  | { readonly kind: 'breach'; readonly reason: 'gauge_limit'; readonly gauge: string }
  | { readonly kind: 'breach'; readonly reason: 'restarts' }
  | { readonly kind: 'pass'; readonly reason: 'healthy' }
  | { readonly kind: 'inconclusive'; readonly reason: 'no-data'; readonly lack: 'canary' | 'comparison' }
  | { readonly kind: 'inconclusive'; readonly reason: 'no-traffic' }
  | { readonly kind: 'inconclusive'; readonly reason: 'saturation'; readonly gauge: string }
  | {
      readonly kind: 'inconclusive';
      readonly reason: 'both-bad';
      readonly gauge: string | null;
      readonly metric: string | null;
    }
  | {
      readonly kind: 'inconclusive';
      readonly reason: 'looks-bad';
      readonly late: boolean;
      readonly metric: string | null;
    }
  | { readonly kind: 'inconclusive'; readonly reason: 'too-little-traffic'; readonly metric: string | null };

export type Breach = Extract<Finding, { kind: 'breach' }>;
export type EndFinding = Exclude<Finding, { kind: 'breach' }>;

const leastCoverage = 0.8;
const crashesThatBreach = 2;
const suspicious = Math.log(10);
const errorsForBothBad = 5;

const gaugeWith = (settings: GateSettings, state: GateState, wanted: GaugeFinding): string | null => {
  const t = state.t ?? 0;
  const index = state.gauges.findIndex((own, i) => {
    const gauge = settings.saturation[i];
    return gauge !== undefined && gaugeFinding(gauge, own, t) === wanted;
  });
  return settings.saturation[index]?.name ?? null;
};

/** What rolls back now: too much evidence, a written limit, or crashes. */
export const findBreach = (settings: GateSettings, state: GateState, evidence: Evidence): Breach | null => {
  if (evidence.total >= -Math.log(settings.budget)) {
    const { name, metric } = loudest(evidence);
    return { kind: 'breach', reason: name, metric };
  }
  const gauge = gaugeWith(settings, state, 'over-limit');
  if (gauge !== null) return { kind: 'breach', reason: 'gauge_limit', gauge };
  const window = state.window;
  if (window === null || crashesOf(window.canaryCrashes) < crashesThatBreach) return null;
  return crashesOf(window.baselineCrashes) === 0 ? { kind: 'breach', reason: 'restarts' } : null;
};

/** Whether both versions are over the limit on errors in the last two minutes: then it is not the release. */
const areBothBad = ({ errors, recent }: Judged, seconds: number): boolean => {
  const max = errors?.max ?? null;
  if (max === null) return false;
  const now: Counts = recentCounts(recent, seconds);
  return (
    now.canaryEvents >= errorsForBothBad &&
    now.baselineEvents >= errorsForBothBad &&
    now.canaryEvents > max * now.canary &&
    now.baselineEvents > max * now.baseline
  );
};

const findLack = (state: GateState, window: WatchWindow, t: number): EndFinding | null => {
  const length = Math.max(t - window.start, 1e-9);
  const traffic = state.totals[1] - window.totals[1] + state.pairing.canary.requests;
  const due = Math.max(1, Math.round(length / state.everySeconds));
  // Where a source tells no times, "no request" and "not scraped" look alike; that it answered decides.
  if (traffic === 0 && window.answered >= leastCoverage * due)
    return { kind: 'inconclusive', reason: 'no-traffic' };
  if (window.covered < leastCoverage * length)
    return { kind: 'inconclusive', reason: 'no-data', lack: 'canary' };
  if (traffic === 0) return { kind: 'inconclusive', reason: 'no-traffic' };
  const compared = state.totals[3] > 0 || state.learnt.rate !== null;
  return compared ? null : { kind: 'inconclusive', reason: 'no-data', lack: 'comparison' };
};

const findSaturation = (settings: GateSettings, state: GateState, t: number): EndFinding | null => {
  const doubtful = gaugeWith(settings, state, 'doubtful');
  if (doubtful !== null) return { kind: 'inconclusive', reason: 'saturation', gauge: doubtful };
  return findBothBad(settings, state, t);
};

/** What both versions suffer now: a gauge, or errors; `null`: nothing. */
export const findBothBad = (settings: GateSettings, state: GateState, t: number): EndFinding | null => {
  const both = gaugeWith(settings, state, 'both-over');
  if (both !== null) return { kind: 'inconclusive', reason: 'both-bad', gauge: both, metric: null };
  const seconds = t - (state.begun ?? t);
  const bad = judgedOf(settings, state).find((judged) => areBothBad(judged, seconds));
  return bad === undefined
    ? null
    : { kind: 'inconclusive', reason: 'both-bad', gauge: null, metric: bad.metric };
};

/** What of the proofs of health is missing; the requests' is looked for first. */
const findUnproven = (settings: GateSettings, state: GateState): EndFinding | null => {
  const proofs = judgedOf(settings, state)
    .filter(({ proven }) => proven)
    .map(({ metric, state: { health } }) => ({ metric, ...healthOf(health) }));
  const late = proofs.find((proof) => proof.late < 0);
  if (late !== undefined)
    return { kind: 'inconclusive', reason: 'looks-bad', late: true, metric: late.metric };
  const missing = proofs.find((proof) => proof.good < -Math.log(beta));
  return missing === undefined
    ? null
    : { kind: 'inconclusive', reason: 'too-little-traffic', metric: missing.metric };
};

/** What a watch that ends at second `t` found; the order of the questions is part of the answer. */
export const findAtEnd = (
  settings: GateSettings,
  state: GateState,
  window: WatchWindow,
  t: number,
): EndFinding => {
  const lack = findLack(state, window, t) ?? findSaturation(settings, state, t);
  if (lack !== null) return lack;
  const evidence = evidenceOf(settings, state);
  if (evidence.total >= suspicious) {
    return { kind: 'inconclusive', reason: 'looks-bad', late: false, metric: loudest(evidence).metric };
  }
  return findUnproven(settings, state) ?? { kind: 'pass', reason: 'healthy' };
};
