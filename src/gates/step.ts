import type { Booked } from './counters.ts';
import { stepCustom } from './custom.ts';
import { startGauge, stepGauge } from './gauges.ts';
import type { GaugeState } from './gauges.ts';
import type { Reading, Sample } from './reading.ts';
import { addRecent } from './recent.ts';
import type { GateSettings } from './settings.ts';
import { GateOrderError } from './state.ts';
import type { GateState } from './state.ts';
import { stepStream } from './stream.ts';
import type { StreamState } from './stream.ts';
import { evidenceOf } from './total.ts';
import type { Evidence } from './total.ts';
import { coveredBy, lateFrom, tickAt } from './watch-window.ts';
import type { WatchWindow } from './watch-window.ts';

/** After this much silence of the baseline the canary is judged alone; longer where readings are rarer. */
const patienceSeconds = 60;

/** Nobody waits for a baseline that is not planned for: nothing was held back. */
const patienceOf = (settings: GateSettings, opened: number, { learnt }: StreamState): number =>
  (settings.watches[opened - 1]?.share ?? 0) >= 1
    ? 0
    : Math.max(patienceSeconds, 2.5 * settings.everySeconds, 2.5 * (learnt.interval ?? 0));

type BookedArms = { readonly canary: Booked; readonly baseline: Booked };

const stepWindow = (
  state: GateState,
  window: WatchWindow,
  sample: Sample,
  { canary, baseline }: BookedArms,
): WatchWindow => {
  const heard = canary.news !== 'silent';
  // An old sample that is read again is no answer; an unchanged count without a time may be an idle instance.
  const answered = canary.news === 'same' ? sample.canary?.at === undefined : heard;
  const add = (sum: WatchWindow['canaryCrashes'], { increment }: Booked) => ({
    restarts: sum.restarts + increment.restarts,
    oomKills: sum.oomKills + increment.oomKills,
  });
  const fresh = canary.news === 'fresh' && state.canarySeenAt !== null;
  return {
    ...window,
    seen: window.seen + (heard && baseline.news !== 'silent' ? 1 : 0),
    answered: window.answered + (answered ? 1 : 0),
    answeredAt: answered ? sample.t : window.answeredAt,
    covered: window.covered + (fresh ? coveredBy(window, state.canarySeenAt, sample.t) : 0),
    canaryCrashes: add(window.canaryCrashes, canary),
    baselineCrashes: add(window.baselineCrashes, baseline),
  };
};

/** A reading that is known to be an old one tells nothing new of its gauges either. */
const newsOf = (reading: Reading, booked: Booked): Reading =>
  booked.news === 'same' && reading?.at !== undefined ? null : reading;

const stepGauges = (
  settings: GateSettings,
  state: GateState,
  begun: number,
  sample: Sample,
  { canary, baseline }: BookedArms,
): readonly GaugeState[] => {
  const reading = {
    ...{ t: sample.t, begun },
    canary: newsOf(sample.canary, canary),
    baseline: newsOf(sample.baseline, baseline),
    canaryRequests: canary.increment.requests,
    baselineRequests: baseline.increment.requests,
  };
  return settings.saturation.map((gauge, i) =>
    stepGauge(gauge, settings.warmUpSeconds, state.gauges[i] ?? startGauge, reading),
  );
};

/** The state after one sample, and what all tests say in it. */
export type Stepped = { readonly state: GateState; readonly evidence: Evidence };

/**
 * Books one sample; `null` where it was booked before, or is older than one that was.
 * @throws GateOrderError before the first watch.
 */
export const stepGate = (settings: GateSettings, before: GateState, sample: Sample): Stepped | null => {
  const { t } = sample;
  if (before.t !== null && t <= before.t) return null;
  const { begun, window } = before;
  if (begun === null || window === null) {
    throw new GateOrderError(`a sample at ${String(t)} s, but no watch is open: call openWatch first`);
  }
  const tick = Math.max(before.tick, tickAt(window, t, before.everySeconds));
  const moment = {
    ...{ t, begun, tick, tickBefore: before.tick, plannedTicks: before.plannedTicks },
    late: t > lateFrom(window),
  };
  const patience = (stream: StreamState): number => patienceOf(settings, before.opened, stream);
  const { errors, latency, budget, warmUpSeconds } = settings;
  const rules = { errors, latency, budget, warmUpSeconds, proven: true };
  const arms = stepStream(rules, before, sample, { ...moment, patience: patience(before) });
  const { state, canary, counts } = arms;
  const { custom } = before;
  const next: GateState = {
    ...{ ...state, t, tick },
    canarySeenAt: canary.news === 'fresh' || canary.news === 'first' ? t : before.canarySeenAt,
    gauges: stepGauges(settings, before, begun, sample, arms),
    window: stepWindow(before, window, sample, arms),
    ...(custom === undefined ? {} : { custom: stepCustom(settings, custom, sample, moment, patience) }),
  };
  const evidence = evidenceOf(settings, next);
  if (counts === null) return { state: next, evidence };
  const recent = addRecent(next.recent, t - begun, counts, evidence.total);
  return { state: { ...next, recent }, evidence };
};
