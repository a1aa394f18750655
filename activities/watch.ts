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
import { sampleStore } from './metrics/sample-store.ts';

/** What a watch keeps in its heartbeat: the gate's state after the sample of second `t`. */
type Progress = { readonly state: GateState; readonly t: number };

/**
 * One watch: reads both arms every few seconds until `endsAt`, stores each sample, and judges. A breach ends it early.
 * Key: rolloutId + watch; a retry on another worker resumes from the heartbeat's state and the samples stored after
 * it, with the same deadline. If the window is over by then, it judges what was seen: coverage decides.
 */
export const makeWatch =
  (deps: Deps) =>
  async (input: WatchInput): Promise<WatchOutput> => {
    const { clock } = deps;
    const context = Context.current();
    const starts = Date.parse(input.startsAt);
    const ends = Date.parse(input.endsAt);
    const zero = Date.parse(input.zeroAt);
    const seconds = (ms: number): number => (ms - zero) / 1000;
    const settings = settingsOfWatch(input);
    const store = sampleStore(deps, input);

    let { state, t } = await resume(deps, input, settings);
    const done = async (verdict: Verdict): Promise<WatchOutput> => ({
      verdict: { ...verdict, recording: await store.fingerprint() },
      carry: asCarry(state),
    });
    for (;;) {
      const breached = gate.breach(settings, state);
      if (breached !== null) return done(breached);
      const next = nextTick(starts, input.gates.every, Math.max(clock(), zero + t * 1000 + 1));
      if (next > ends) break;
      await sleepUntil(context, next, clock, { state, t });
      const [canary, baseline] = await readBoth(deps, input, zero, context.cancellationSignal);
      const sample: Sample = { t: seconds(next), canary: canary.arm, baseline: baseline?.arm ?? null };
      ({ state } = gate.observe(settings, state, sample));
      t = sample.t;
      await store.add(sample);
      context.heartbeat({ state, t } satisfies Progress);
    }
    await sleepUntil(context, ends, clock, { state, t });
    return done(gate.close(settings, state, seconds(ends)));
  };

const readBoth = async (
  { target }: Deps,
  { file, place, canary, baseline }: WatchInput,
  zero: number,
  signal: AbortSignal,
): Promise<readonly [ArmAnswer, ArmAnswer | null]> => {
  const read = (version: string) => readArm(target(file, place), place.service, version, zero, signal);
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
const resume = async (deps: Deps, input: WatchInput, settings: GateSettings): Promise<Progress> => {
  const { info } = Context.current();
  const beaten: unknown = info.heartbeatDetails;
  const progress = isProgress(beaten) ? beaten : await open(deps, input, settings);
  if (info.attempt === 1) return progress;
  const { rolloutId, watch } = input;
  const stored = await deps.ledger.samples(rolloutId, watch, progress.t);
  deps.log.info({ rolloutId, watch, attempt: info.attempt, stored: stored.length }, 'watch resumes');
  return stored.reduce<Progress>(
    ({ state }, { t, sample }) => ({ state: gate.observe(settings, state, sample).state, t }),
    progress,
  );
};

/** A watch that begins: on the evidence of the rollout's earlier ones, or on the history of the old version. */
const open = async (deps: Deps, input: WatchInput, settings: GateSettings): Promise<Progress> => {
  const { startsAt, endsAt, zeroAt, carry } = input;
  const t = (Date.parse(startsAt) - Date.parse(zeroAt)) / 1000;
  const before = carry === null ? gate.begin(settings, await historyOf(deps, input)) : fromCarry(carry);
  return { t, state: gate.openWatch(before, t, (Date.parse(endsAt) - Date.parse(startsAt)) / 1000) };
};

/** Read once and stored beside the samples, so that a retry, and a replay, learn from the same. */
const historyOf = async (deps: Deps, input: WatchInput): Promise<readonly HistorySample[]> => {
  if (input.stable === null) return [];
  const { rolloutId, place, gates } = input;
  const store = sampleStore(deps, { rolloutId, watch: historyWatch });
  const known = await store.all();
  if (known.length > 0) return known.map(({ t, baseline }) => ({ t, baseline }));
  const span = { zeroMs: Date.parse(input.zeroAt), spanMs: historyMs, everyMs: gates.every };
  const read = await readHistory(deps.target(input.file, place), place.service, input.stable, span);
  await store.addAll(read.map(({ t, baseline }) => ({ t, canary: null, baseline })));
  return read;
};

const historyMs = 30 * 60_000;
/** Number under which a rollout's history stands among its watches. */
export const historyWatch = -1;

// The state is plain JSON of our own making; what reads it back is the same build or, in a replay, one that knows it.
const asCarry = (state: GateState): GateCarry => ({ ...state });
const fromCarry = (carry: NonNullable<GateCarry>): GateState => carry as unknown as GateState;
const isProgress = (details: unknown): details is Progress =>
  typeof details === 'object' && details !== null && 'state' in details && 't' in details;
