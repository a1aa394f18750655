import { bookReading } from './counters.ts';
import type { Booked } from './counters.ts';
import { stepErrors } from './errors.ts';
import { startGauge, stepGauge } from './gauges.ts';
import type { GaugeState } from './gauges.ts';
import { followBounds, learnInFlight } from './in-flight.ts';
import { stepLatency } from './latency.ts';
import { addTotals } from './mixture.ts';
import { onsetPlaced } from './onset.ts';
import type { Onset } from './onset.ts';
import { countsOf, pair } from './pairing.ts';
import { stepHealth } from './proofs.ts';
import type { Reading, Sample } from './reading.ts';
import { addRecent } from './recent.ts';
import type { GateSettings } from './settings.ts';
import { GateOrderError } from './state.ts';
import type { GateState } from './state.ts';
import { evidenceOf } from './total.ts';
import type { Evidence } from './total.ts';
import { coveredBy, tickAt } from './watch-window.ts';
import type { WatchWindow } from './watch-window.ts';

/** After this much silence of the baseline the canary is judged alone; longer where readings are rarer. */
const patienceSeconds = 60;

/** Nobody waits for a baseline that is not planned for: nothing was held back. */
const patienceOf = (settings: GateSettings, state: GateState): number =>
  (settings.watches[state.opened - 1]?.share ?? 0) >= 1
    ? 0
    : Math.max(patienceSeconds, 2.5 * settings.everySeconds, 2.5 * (state.learnt.interval ?? 0));

const onsetOf = (state: GateState, tick: number, from: number): Onset => {
  const placed = onsetPlaced(tick, state.plannedTicks);
  return { placed: placed - onsetPlaced(state.tick, state.plannedTicks), left: 1 - placed, from };
};

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
  const state = followBounds(settings, before, sample);
  const { bounds } = state.learnt;
  const rules = { since: begun, warmUpSeconds: settings.warmUpSeconds, bounds };
  const canary = bookReading(state.canary, sample.canary, t, { ...rules, coldArm: true });
  const baseline = bookReading(state.baseline, sample.baseline, t, { ...rules, coldArm: false });
  const paired = pair(state.pairing, canary, baseline, t, patienceOf(settings, state));
  const closed = paired.sample;
  const counts = closed === null ? null : countsOf(closed);
  const tick = Math.max(state.tick, tickAt(window, t, state.everySeconds));
  const onset = onsetOf(state, tick, closed?.from ?? state.pairing.closedAt ?? t);
  const test =
    closed === null || counts === null ? null : { counts, seconds: closed.seconds, alone: closed.alone };
  const { budget } = settings;
  const next: GateState = {
    ...state,
    ...{ t, tick, canary: canary.counters, baseline: baseline.counters, pairing: paired.pairing },
    canarySeenAt: canary.news === 'fresh' || canary.news === 'first' ? t : state.canarySeenAt,
    totals: counts === null ? state.totals : addTotals(state.totals, counts),
    errors:
      state.errors === null || settings.errors === null
        ? null
        : stepErrors({ errors: settings.errors, budget, learnt: state.learnt }, state.errors, onset, test),
    latency:
      state.latency === null || state.learnt.latency === null
        ? null
        : stepLatency(state.learnt.latency, budget, state.latency, onset, closed),
    gauges: stepGauges(settings, state, begun, sample, { canary, baseline }),
    health: stepHealth(settings, state, window, closed, t),
    window: stepWindow(state, window, sample, { canary, baseline }),
  };
  const learned = learnInFlight(settings, next, t);
  const evidence = evidenceOf(settings, learned);
  if (counts === null) return { state: learned, evidence };
  const recent = addRecent(learned.recent, t - begun, counts, evidence.total);
  return { state: { ...learned, recent }, evidence };
};
