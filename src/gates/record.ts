import type { GateRecord, SlowCounts } from '../../runbooks/gate-record.ts';
import type { ArmCounts, Verdict } from '../../runbooks/verdict.ts';
import { judgedBy } from './judged.ts';
import type { Judged } from './judged.ts';
import { expClipped } from './numerics.ts';
import type { Counts } from './projection.ts';
import { recentCounts, recentSlope } from './recent.ts';
import type { GateSettings } from './settings.ts';
import { errorsSince, sinceOpened, slowSince } from './since.ts';
import type { GateState } from './state.ts';
import type { StreamState } from './stream.ts';
import { evidenceOf, healthOf } from './total.ts';
import type { Evidence } from './total.ts';
import { ofCount, ratio, sayEvidence, sayFineShare, sayRoundShare, saySeconds, sayShare } from './words.ts';

export type { GateRecord, SlowCounts } from '../../runbooks/gate-record.ts';

/** Counts and their beginning as a decision shows them. */
export type Shown = {
  readonly canary: ArmCounts;
  readonly baseline: ArmCounts;
  readonly from: number;
  readonly latency: SlowCounts | null;
};

const armsOf = (counts: Counts): Pick<Shown, 'canary' | 'baseline'> => ({
  canary: { requests: counts.canary, errors: counts.canaryEvents },
  baseline: { requests: counts.baseline, errors: counts.baselineEvents },
});

const slowCounts = (state: StreamState, test: 'latency_vs_baseline' | 'latency_vs_limit') => {
  const slow = slowSince(state, test);
  if (slow === null) return null;
  const { counts, from } = slow.since;
  const latency: SlowCounts = {
    bound_s: slow.seconds,
    canary: { requests: counts.canary, slow: counts.canaryEvents },
    baseline: { requests: counts.baseline, slow: counts.baselineEvents },
  };
  return { from, latency };
};

/** Counts that go with a breach by `reason`, or (any other reason) those of the watch. */
export const shownFor = (judged: Judged, reason: string | null): Shown => {
  const whole: Shown = { ...armsOf(judged.since.counts), from: judged.since.from, latency: null };
  // Of durations only the slow ones say something.
  if (reason === null)
    return judged.errors === null && judged.metric !== null
      ? { ...whole, ...slowCounts(judged.state, 'latency_vs_baseline') }
      : whole;
  switch (reason) {
    case 'errors_vs_baseline':
    case 'errors_vs_limit':
    case 'on_fire': {
      const since = errorsSince(judged, reason);
      return { ...armsOf(since.counts), from: since.from, latency: null };
    }
    case 'latency_vs_baseline':
    case 'latency_vs_limit':
      return { ...whole, ...slowCounts(judged.state, reason) };
    default:
      return whole;
  }
};

/** Above a limit but not yet sure: how far the evidence has come, and when it will be enough at this pace. */
const overLimit = (
  settings: GateSettings,
  state: GateState,
  evidence: Evidence,
  t: number,
): string | null => {
  const max = settings.errors?.max ?? null;
  const counts = recentCounts(state.recent, t - (state.begun ?? t));
  const rate = ratio(counts.canaryEvents, counts.canary);
  if (max === null || rate <= max || evidence.total <= 0) return null;
  const slope = recentSlope(state.recent);
  const left = -Math.log(settings.budget) - evidence.total;
  const soon = slope !== null && slope > 0 && left / slope < 3600;
  const pace = soon
    ? `; at this rate rolled back in about ${saySeconds(Math.max(1, Math.round(left / slope)))}`
    : '';
  const so = `evidence ${sayEvidence(expClipped(evidence.total))} of ${sayEvidence(1 / settings.budget)}`;
  return `${sayShare(rate)} (limit ${sayRoundShare(max)}): ${so}${pace}`;
};

const watchingSentence = (
  settings: GateSettings,
  state: GateState,
  evidence: Evidence,
  t: number,
): string => {
  const over = overLimit(settings, state, evidence, t);
  if (over !== null) return over;
  const { counts } = sinceOpened(state);
  const rate = sayFineShare(ratio(counts.canaryEvents, counts.canary));
  const usual = sayFineShare(ratio(counts.baselineEvents, counts.baseline));
  return (
    `${ofCount(counts.canaryEvents, counts.canary)} canary requests failed (${rate}), ` +
    `${settings.release.stable}: ${ofCount(counts.baselineEvents, counts.baseline)} (${usual})`
  );
};

/** The record of the last sample (`verdict`: null), or of a decision. `evidence`: the state's, where it is at hand. */
export const recordOf = (
  settings: GateSettings,
  state: GateState,
  verdict: Verdict | null,
  evidence: Evidence = evidenceOf(settings, state),
): GateRecord => {
  const t = state.t ?? state.begun ?? 0;
  const begun = state.begun ?? t;
  const metric = verdict?.metric ?? null;
  const judged = judgedBy(settings, state, metric);
  const shown = shownFor(judged, verdict?.kind === 'breach' ? verdict.reason : null);
  const health = healthOf(state.health);
  return {
    t,
    verdict: verdict?.kind ?? 'watching',
    reason: verdict?.reason ?? null,
    ...(metric === null ? {} : { metric }),
    elapsed_s: t - begun,
    evidence: expClipped(evidence.total),
    needed: 1 / settings.budget,
    tests: Object.fromEntries(
      evidence.tests.map(({ name, metric: of, log }) => [
        of === null ? name : `${name}:${of}`,
        expClipped(log),
      ]),
    ),
    canary: shown.canary,
    baseline: shown.baseline,
    since_s: shown.from - begun,
    latency: shown.latency,
    phi: judged.state.learnt.phi,
    health_evidence: expClipped(health.good),
    late_evidence: expClipped(health.late),
    alone: state.pairing.alone,
    silent_s: state.canarySeenAt === null ? null : t - state.canarySeenAt,
    sentence: verdict?.sentence ?? watchingSentence(settings, state, evidence, t),
  };
};
