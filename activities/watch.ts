import { Context } from '@temporalio/activity';
import type { Verdict } from '../runbooks/verdict.ts';
import type { HistorySample } from '../src/gates/history.ts';
import type { Sample } from '../src/gates/reading.ts';
import { rolloutGate as gate } from '../src/gates/rollout-gate.ts';
import type { GateSettings } from '../src/gates/settings.ts';
import type { GateState } from '../src/gates/state.ts';
import type { GateCarry, WatchInput, WatchOutput } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import type { ArmAnswer } from './metrics/arm.ts';
import { readArm, readHistory } from './metrics/arm.ts';
import { settingsOfWatch } from './metrics/gate-options.ts';
import { historyWatch, recordingOf } from './metrics/make-recording.ts';
import type { Window } from './metrics/make-recording.ts';
import { endsEarly } from './watch-ends.ts';
import { sampleStore } from './metrics/sample-store.ts';
import type { SampleStore } from './metrics/sample-store.ts';
import { sourceOf } from './metrics/source.ts';
import type { MetricsSource } from './metrics/source.ts';

type WatchDeps = Pick<Deps, 'ledger' | 'recordings' | 'target' | 'clock' | 'log'>;

/** What a watch keeps in its heartbeat: the gate's state after the sample of second `t`; `null`: before the first. */
type Progress = { readonly state: GateState; readonly t: number | null };

/** What goes from watch to watch: the gate's state, and which watches it has seen. */
type Carry = { readonly state: GateState; readonly windows: readonly Window[] };

/**
 * One watch: reads both arms every few seconds until `endsAt`, stores each sample with what the gate says of it, and
 * judges. A breach ends it early. Key: rolloutId + watch; a retry on another worker resumes from the heartbeat's state
 * and the samples stored after it, with the same deadline. If the window is over by then, it judges what was seen:
 * coverage decides.
 */
export const makeWatch =
  (deps: WatchDeps) =>
  async (input: WatchInput): Promise<WatchOutput> => {
    const { clock } = deps;
    const context = Context.current();
    const starts = Date.parse(input.startsAt);
    const ends = Date.parse(input.endsAt);
    const zero = Date.parse(input.zeroAt);
    const seconds = (ms: number): number => (ms - zero) / 1000;
    const settings = settingsOfWatch(input);
    const source = sourceOf(input.gates, {
      target: deps.target(input.file, input.place),
      service: input.place.service,
      clock,
    });
    const store = sampleStore(deps, input);
    const window = { watch: input.watch, t: seconds(starts), seconds: (ends - starts) / 1000 };
    const before = carried(input.carry)?.windows ?? [];

    let { state, t } = await resume(deps, input, settings, source);
    const done = async (verdict: Verdict, ended: Window['ended'] | null = null): Promise<WatchOutput> => {
      const windows = [...before, ended === null ? window : { ...window, ended }];
      const met = ended?.why === 'came';
      const record = gate.decision(settings, state, verdict);
      const recording = await keepRecording(deps, input, windows, store);
      return { verdict: { ...verdict, recording, record }, carry: { state, windows } satisfies Carry, met };
    };
    for (;;) {
      const breached = gate.breach(settings, state);
      if (breached !== null) return done(breached);
      const early = t === null ? null : endsEarly(input, settings, state, t);
      if (early !== null) return done(early.verdict, early.ended);
      // The first reading is where both arms' counts begin: at once, not on the grid.
      const next =
        t === null
          ? Math.max(clock(), starts)
          : nextTick(starts, input.gates.every, Math.max(clock(), zero + t * 1000 + 1));
      if (next > ends) break;
      await sleepUntil(context, next, clock, { state, t });
      const [canary, baseline] = await readBoth(source, input, zero, context.cancellationSignal);
      const sample: Sample = { t: seconds(next), canary: canary.arm, baseline: baseline?.arm ?? null };
      const observed = gate.observe(settings, state, sample);
      state = observed.state;
      t = sample.t;
      await store.add(sample, observed.record);
      context.heartbeat({ state, t } satisfies Progress);
    }
    await sleepUntil(context, ends, clock, { state, t });
    return done(gate.close(settings, state, seconds(ends)));
  };

const readBoth = async (
  source: MetricsSource,
  { canary, baseline }: WatchInput,
  zero: number,
  signal: AbortSignal,
): Promise<readonly [ArmAnswer, ArmAnswer | null]> => {
  const read = (version: string) => readArm(source, version, zero, signal);
  return Promise.all([read(canary), baseline === null ? null : read(baseline)]);
};

/** Readings fall on a grid from the watch's start, so that a resumed watch goes on in step. */
const nextTick = (starts: number, every: number, from: number): number =>
  starts + Math.ceil((from - starts) / every) * every;

/** Heartbeats while it waits, so that a cancelled watch hears of it and a dead one is noticed. */
const sleepUntil = async (
  context: Context,
  until: number,
  clock: () => number,
  progress: Progress,
): Promise<void> => {
  const beatMs = (context.info.heartbeatTimeoutMs ?? 15_000) / 3;
  for (let left = until - clock(); left > 0; left = until - clock()) {
    context.heartbeat(progress);
    await context.sleep(Math.min(left, beatMs));
  }
};

/** The state as the last attempt left it: from its heartbeat, plus the samples that were stored after that. */
const resume = async (
  deps: WatchDeps,
  input: WatchInput,
  settings: GateSettings,
  source: MetricsSource,
): Promise<Progress> => {
  const { info } = Context.current();
  const beaten: unknown = info.heartbeatDetails;
  const progress = isProgress(beaten) ? beaten : await open(deps, input, settings, source);
  if (info.attempt === 1) return progress;
  const { rolloutId, watch } = input;
  const stored = await deps.ledger.samples(rolloutId, watch, progress.t ?? undefined);
  deps.log.info({ rolloutId, watch, attempt: info.attempt, stored: stored.length }, 'watch resumes');
  return stored.reduce<Progress>(
    ({ state }, { t, sample }) => ({ state: gate.observe(settings, state, sample).state, t }),
    progress,
  );
};

/** A watch that begins: on the evidence of the rollout's earlier ones, or on the history of the old version. */
const open = async (
  deps: WatchDeps,
  input: WatchInput,
  settings: GateSettings,
  source: MetricsSource,
): Promise<Progress> => {
  const { startsAt, endsAt, zeroAt } = input;
  const t = (Date.parse(startsAt) - Date.parse(zeroAt)) / 1000;
  const before = carried(input.carry)?.state ?? gate.begin(settings, await historyOf(deps, input, source));
  return { t: null, state: gate.openWatch(before, t, (Date.parse(endsAt) - Date.parse(startsAt)) / 1000) };
};

/** Read once and stored beside the samples, so that a retry, and a replay, learn from the same. */
const historyOf = async (
  deps: WatchDeps,
  { rolloutId, stable, zeroAt, gates }: WatchInput,
  source: MetricsSource,
): Promise<readonly HistorySample[]> => {
  if (stable === null) return [];
  const store = sampleStore(deps, { rolloutId, watch: historyWatch });
  const known = await store.all();
  if (known.length > 0) return known.map(({ t, baseline }) => ({ t, baseline }));
  const span = { zeroMs: Date.parse(zeroAt), spanMs: gates.history, everyMs: gates.every };
  const read = await readHistory(source, stable, span);
  await store.addAll(read.map(({ t, baseline }) => ({ t, canary: null, baseline })));
  return read;
};

/** The recording of all that was shown until now; `null` where the ledger lacks some of it, or the folder is away. */
const keepRecording = async (
  { ledger, recordings, log }: WatchDeps,
  input: WatchInput,
  windows: readonly Window[],
  store: SampleStore,
): Promise<string | null> => {
  const { rolloutId, watch } = input;
  try {
    if (!(await store.settled())) return null;
    const samplesOf = async (number: number): Promise<readonly Sample[]> =>
      (await ledger.samples(rolloutId, number)).map(({ sample }) => sample);
    const history = await samplesOf(historyWatch);
    const samples = await Promise.all(windows.map((window) => samplesOf(window.watch)));
    return await recordings.put(JSON.stringify(recordingOf(input, windows, history, samples.flat())));
  } catch (error) {
    log.error({ rolloutId, watch, error: String(error) }, 'the watch leaves no recording');
    return null;
  }
};

// The state is plain JSON of our own making; what reads it back is the same build or, in a replay, one that knows it.
const carried = (carry: GateCarry): Carry | null => carry as Carry | null;
const isProgress = (details: unknown): details is Progress =>
  typeof details === 'object' && details !== null && 'state' in details && 't' in details;
