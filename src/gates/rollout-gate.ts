import type { Verdict } from '../../runbooks/verdict.ts';
import { breachSentence } from './breach-sentence.ts';
import { endSentence } from './end-sentence.ts';
import { findAtEnd, findBreach } from './finding.ts';
import type { Finding } from './finding.ts';
import { silentFor } from './awaited.ts';
import type { Gate } from './gate.ts';
import { judgedBy } from './judged.ts';
import { remainingSeconds } from './prospects.ts';
import type { Sample } from './reading.ts';
import { recordOf, shownFor } from './record.ts';
import type { GateRecord } from './record.ts';
import type { GateSettings } from './settings.ts';
import { beginGate, extendGateWatch, GateOrderError, openGateWatch } from './state.ts';
import type { GateState } from './state.ts';
import { stepGate } from './step.ts';

const verdictOf = (
  settings: GateSettings,
  state: GateState,
  t: number,
  finding: Finding,
  sentence: string,
): Verdict => {
  const { window } = state;
  const metric = 'metric' in finding ? finding.metric : null;
  const shown = shownFor(
    judgedBy(settings, state, metric),
    finding.kind === 'breach' ? finding.reason : null,
  );
  const start = window?.start ?? t;
  const due = Math.max(1, Math.round((t - start) / settings.everySeconds));
  return {
    ...{ kind: finding.kind, reason: finding.reason, sentence },
    ...(metric === null ? {} : { metric }),
    // Live and replayed come to the end by other sums: the last digits of a double must not tell them apart.
    t: Math.round((t - start) * 1000) / 1000,
    canary: shown.canary,
    baseline: shown.baseline.requests === 0 && state.pairing.alone ? null : shown.baseline,
    samples: { seen: Math.min(window?.seen ?? 0, due), due },
    recording: null,
    ...(finding.reason === 'too-little-traffic'
      ? { settlesInSeconds: remainingSeconds(settings, state, t) }
      : {}),
    ...(finding.reason === 'no-data' ? { silentSeconds: silentFor(state, t) } : {}),
  };
};

const observe = (settings: GateSettings, before: GateState, sample: Sample) => {
  // A breach ends the rollout: what comes after it changes nothing that was said.
  const stepped = before.breached === null ? stepGate(settings, before, sample) : null;
  if (stepped === null) return { state: before, record: recordOf(settings, before, before.breached) };
  const { state, evidence } = stepped;
  const finding = findBreach(settings, state, evidence);
  if (finding === null) return { state, record: recordOf(settings, state, null, evidence) };
  const sentence = breachSentence(settings, state, finding);
  const breached = verdictOf(settings, state, sample.t, finding, sentence);
  const stopped: GateState = { ...state, breached };
  return { state: stopped, record: recordOf(settings, stopped, breached, evidence) };
};

/**
 * The statistical gate. A breach, once found, stays; all watches of a rollout share one budget of false alarms.
 * `observe` and `close` throw a `GateOrderError` before the first `openWatch`.
 */
export const rolloutGate: Gate<GateState, GateSettings, GateRecord> & {
  /** The watch at hand goes on for `seconds` more. */
  extendWatch(state: GateState, seconds: number): GateState;
  /** The watch ends at second `t`, before its time, because the canary's metrics are silent. */
  silence(settings: GateSettings, state: GateState, t: number): Verdict;
  /** The record of a decision. */
  decision(settings: GateSettings, state: GateState, verdict: Verdict): GateRecord;
} = {
  begin: beginGate,
  openWatch: openGateWatch,
  extendWatch: extendGateWatch,
  observe,
  breach: (_settings, state) => state.breached,
  close: (settings, state, t) => {
    if (state.breached !== null) return state.breached;
    if (state.window === null) throw new GateOrderError('no watch to close: call openWatch first');
    const finding = findAtEnd(settings, state, state.window, t);
    return verdictOf(settings, state, t, finding, endSentence(settings, state, t, finding));
  },
  silence: (settings, state, t) => {
    const finding = { kind: 'inconclusive', reason: 'no-data', lack: 'canary' } as const;
    return verdictOf(settings, state, t, finding, endSentence(settings, state, t, finding));
  },
  decision: recordOf,
};
