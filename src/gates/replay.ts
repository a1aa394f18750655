import type { Verdict, VerdictKind } from '../../runbooks/verdict.ts';
import { settingsOfBlock } from './gates-block.ts';
import type { Recording } from './recording.ts';
import type { GateRecord } from './record.ts';
import { rolloutGate } from './rollout-gate.ts';
import type { GateSettings } from './settings.ts';
import type { GateState } from './state.ts';

/** What the gate would have said, and when: seconds since the canary took traffic. */
export type Replay = {
  readonly verdict: VerdictKind;
  readonly reason: string;
  /** Second of the decision, or the end of the last watch. */
  readonly t: number;
  readonly sentence: string;
  /** How each watch ended, in order; a breach is the last. */
  readonly watches: readonly { readonly t: number; readonly verdict: Verdict }[];
  readonly records: readonly GateRecord[];
};

/** A recording that can't be run; the message says what it lacks. */
export class RecordingError extends Error {
  readonly code = 'RECORDING_INVALID';
  override readonly name = 'RecordingError';
}

type Moment =
  | { readonly t: number; readonly do: 'open'; readonly seconds: number }
  | { readonly t: number; readonly do: 'close'; readonly silent: boolean }
  | { readonly t: number; readonly do: 'hold' }
  | { readonly t: number; readonly do: 'resume' }
  | { readonly t: number; readonly do: 'extend'; readonly seconds: number };

/** Watches as they were, or, without a word about them, one per step. */
const momentsOf = (recording: Recording): readonly Moment[] => {
  const moments = recording.events.map((event): Moment => {
    switch (event.type) {
      case 'watch-start':
        return { t: event.t, do: 'open', seconds: event.seconds ?? recording.watch };
      case 'watch-end':
        return { t: event.t, do: 'close', silent: event.why === 'silence' };
      case 'hold':
        return { t: event.t, do: 'hold' };
      case 'resume':
        return { t: event.t, do: 'resume' };
      case 'extend':
        return { t: event.t, do: 'extend', seconds: event.seconds };
    }
  });
  if (moments.some((moment) => moment.do === 'open')) return moments;
  const steps = recording.steps.map((step): Moment => ({ t: step.t, do: 'open', seconds: recording.watch }));
  return [...steps, ...moments].sort((a, b) => a.t - b.t);
};

/** The settings a recording was made with. */
export const settingsOf = (recording: Recording): GateSettings =>
  settingsOfBlock(recording.gates, {
    release: {
      service: recording.service,
      version: recording.version,
      stable: recording.stable,
      zeroMs: recording.zeroMs ?? null,
    },
    watchSeconds: recording.watch,
    steps: recording.steps.map((step) => step.share),
  });

/** A replay under way. `endsAt`: when the open watch ends; `heldAt`: since when its end moves away. */
type Run = {
  state: GateState;
  endsAt: number | null;
  heldAt: number | null;
  readonly records: GateRecord[];
  readonly watches: { readonly t: number; readonly verdict: Verdict }[];
};

const closeWatch = (settings: GateSettings, run: Run, t: number, silent = false): void => {
  const verdict = silent
    ? rolloutGate.silence(settings, run.state, t)
    : rolloutGate.close(settings, run.state, t);
  run.watches.push({ t, verdict });
  run.endsAt = null;
};

/** The end of a watch is a sum of seconds, whose last digits must not cut off the sample that stands at it. */
const rounding = 1e-6;

/** Ends the open watch if its time is over before second `t`. */
const closeIfOver = (settings: GateSettings, run: Run, t: number): void => {
  const { endsAt, heldAt } = run;
  if (endsAt !== null && heldAt === null && t > endsAt + rounding) closeWatch(settings, run, endsAt);
};

const take = (settings: GateSettings, run: Run, moment: Moment): void => {
  switch (moment.do) {
    case 'open':
      // A step that comes before the last watch was over has ended it.
      if (run.endsAt !== null) closeWatch(settings, run, moment.t);
      run.state = rolloutGate.openWatch(run.state, moment.t, moment.seconds);
      run.endsAt = moment.t + moment.seconds;
      return;
    case 'close':
      if (run.endsAt !== null) closeWatch(settings, run, moment.t, moment.silent);
      return;
    case 'hold':
      run.heldAt ??= moment.t;
      return;
    case 'resume':
      if (run.heldAt !== null && run.endsAt !== null) run.endsAt += moment.t - run.heldAt;
      run.heldAt = null;
      return;
    case 'extend':
      if (run.endsAt === null) return;
      run.state = rolloutGate.extendWatch(run.state, moment.seconds);
      run.endsAt += moment.seconds;
  }
};

/**
 * Runs a recording through the gate: the same samples give the same records as they gave live.
 * @throws RecordingError where the recording has no watch, GateSettingsError where its settings make no sense.
 */
export const replay = (recording: Recording, settings: GateSettings = settingsOf(recording)): Replay => {
  const moments = [...momentsOf(recording)];
  const first = moments.find((moment) => moment.do === 'open');
  if (first === undefined) throw new RecordingError('no watch in it: give steps, or an event "watch-start"');
  const run: Run = {
    state: rolloutGate.begin(settings, recording.history),
    endsAt: null,
    heldAt: null,
    records: [],
    watches: [],
  };
  // A sample at the very end of a watch still belongs to it, one at the beginning of the first to that one.
  const isDue = (moment: Moment, t: number): boolean =>
    moment.t < t || (moment.t === t && run.endsAt === null);
  const takeUntil = (t: number): void => {
    for (let next = moments[0]; next !== undefined && isDue(next, t); next = moments[0]) {
      closeIfOver(settings, run, next.t);
      take(settings, run, next);
      moments.shift();
    }
    closeIfOver(settings, run, t);
  };
  for (const sample of recording.samples) {
    if (sample.t < first.t)
      throw new RecordingError(`a sample at ${String(sample.t)} s, before the first watch`);
    takeUntil(sample.t);
    const { state, record } = rolloutGate.observe(settings, run.state, sample);
    run.state = state;
    run.records.push(record);
    const breach = rolloutGate.breach(settings, state);
    if (breach !== null) return said(run, { t: sample.t, verdict: breach });
  }
  takeUntil(Number.POSITIVE_INFINITY);
  const last = run.watches.pop();
  if (last === undefined) throw new RecordingError('its only watch is held and never ends');
  return said(run, last);
};

const said = (run: Run, last: { readonly t: number; readonly verdict: Verdict }): Replay => ({
  verdict: last.verdict.kind,
  reason: last.verdict.reason,
  t: last.t,
  sentence: last.verdict.sentence,
  watches: [...run.watches, last],
  records: run.records,
});
