import { expect, test } from '@jest/globals';
import type { Window } from '../../../activities/metrics/make-recording.ts';
import { recordingOf } from '../../../activities/metrics/make-recording.ts';
import { settingsOfWatch } from '../../../activities/metrics/gate-options.ts';
import { endsEarly } from '../../../activities/watch-ends.ts';
import type { Awaits } from '../../../runbooks/inconclusive.ts';
import type { Verdict } from '../../../runbooks/verdict.ts';
import { recordingSchema } from '../../../src/gates/recording.ts';
import type { GateRecord } from '../../../src/gates/record.ts';
import { replay } from '../../../src/gates/replay.ts';
import { rolloutGate } from '../../../src/gates/rollout-gate.ts';
import type { GateState } from '../../../src/gates/state.ts';
import type { WatchInput } from '../../../workflows/contract.ts';
import { makeRequest, planned } from '../../runbooks/make.ts';
import { changeArm, evenHistory, samplesFrom, times } from '../../src/gates/make.ts';

const zero = Date.parse('2026-01-01T00:00:00.000Z');
const at = (t: number): string => new Date(zero + 1000 * t).toISOString();

const request = makeRequest();
const input: WatchInput = {
  ...{ rolloutId: 'r', watch: 0, place: { service: 'shop', environment: 'production' } },
  ...{ file: request.service, canary: '2.1.0', baseline: '2.0.4', stable: '2.0.4', percent: 10 },
  plan: { windowMs: 900_000, percents: [10] },
  gates: planned(request).runbook.gates,
  ...{ startsAt: at(0), endsAt: at(900), zeroAt: at(0), carry: null, awaits: null, silenceMs: 120_000 },
};
const settings = settingsOfWatch(input);

/** Metrics of the new version are away from minute 14 to minute 17. */
const samples = changeArm(
  samplesFrom(times(300, (i) => ({ canary: [0, 25], baseline: [i % 4 === 0 ? 3 : 0, 225] }))),
  'canary',
  (reading, t) => (t > 700 && t < 1020 ? null : reading),
);

type Live = {
  readonly state: GateState;
  readonly window: Window;
  readonly verdict: Verdict;
  readonly records: readonly GateRecord[];
};

/** A watch as the activity runs it: sample by sample, until its time is over or what ends it early comes. */
const watch = (
  before: GateState,
  number: number,
  span: { readonly from: number; readonly seconds: number },
  ends: { readonly awaits: Awaits | null; readonly silenceMs: number | null },
): Live => {
  const window: Window = { watch: number, t: span.from, seconds: span.seconds };
  let state = rolloutGate.openWatch(before, span.from, span.seconds);
  const records: GateRecord[] = [];
  for (const sample of samples.filter(({ t }) => t >= span.from && t <= span.from + span.seconds)) {
    const observed = rolloutGate.observe(settings, state, sample);
    state = observed.state;
    records.push(observed.record);
    const early = endsEarly(ends, settings, state, sample.t);
    if (early !== null)
      return { state, records, verdict: early.verdict, window: { ...window, ended: early.ended } };
  }
  const verdict = rolloutGate.close(settings, state, span.from + span.seconds);
  return { state, records, verdict, window };
};

test('a watch that silence ended, the wait, and what followed are the same once replayed', () => {
  const history = evenHistory();
  const silent = watch(
    rolloutGate.begin(settings, history),
    0,
    { from: 0, seconds: 900 },
    { awaits: null, silenceMs: 120_000 },
  );
  expect(silent.verdict).toMatchObject({ kind: 'inconclusive', reason: 'no-data' });
  const waited = watch(silent.state, 1, { from: 825, seconds: 1800 }, { awaits: 'metrics', silenceMs: null });
  const rest = watch(waited.state, 2, { from: 1025, seconds: 200 }, { awaits: null, silenceMs: 120_000 });
  const lives = [silent, waited, rest];
  const recorded = recordingOf(
    input,
    lives.map(({ window }) => window),
    history.map(({ t, baseline }) => ({ t, canary: null, baseline })),
    lives.flatMap(({ window, records }) => samples.filter(({ t }) => t >= window.t).slice(0, records.length)),
  );
  const again = replay(recordingSchema.parse(JSON.parse(JSON.stringify(recorded))));
  expect(again.records).toEqual(lives.flatMap(({ records }) => records));
  expect(again.watches.map(({ t, verdict }) => [t, verdict])).toEqual([
    [820, silent.verdict],
    [1020, waited.verdict],
    [1225, rest.verdict],
  ]);
});
