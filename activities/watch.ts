import { Context } from '@temporalio/activity';
import type { Verdict } from '../runbooks/verdict.ts';
import type { ErrorLimitSettings, ErrorLimitState } from '../src/gates/error-limit.ts';
import { errorLimitGate } from '../src/gates/error-limit.ts';
import type { Sample } from '../src/gates/reading.ts';
import type { GateCarry, WatchInput, WatchOutput } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import { readArm } from './metrics/arm.ts';
import { sampleStore } from './metrics/sample-store.ts';

/** What a watch keeps in its heartbeat: the gate's state after the sample of second `t`. */
type Progress = { readonly state: ErrorLimitState; readonly t: number };

const gate = errorLimitGate;

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
    const settings: ErrorLimitSettings = {
      canary: input.canary,
      baseline: input.baseline,
      max: input.gates.errors.max,
      every: input.gates.every / 1000,
    };
    const store = sampleStore(deps, input);

    let { state, t } = await resume(deps, input, settings, seconds(starts));
    const done = async (verdict: Verdict): Promise<WatchOutput> => ({
      verdict: { ...verdict, recording: await store.fingerprint() },
      carry: state,
    });
    for (;;) {
      const breached = gate.breach(settings, state);
      if (breached !== null) return done(breached);
      const next = nextTick(starts, input.gates.every, Math.max(clock(), zero + t * 1000 + 1));
      if (next > ends) break;
      await sleepUntil(context, next, clock, { state, t });
      const [canary, baseline] = await Promise.all([
        readArm(
          deps.target(input.file, input.place),
          input.place.service,
          input.canary,
          zero,
          context.cancellationSignal,
        ),
        input.baseline === null
          ? null
          : readArm(
              deps.target(input.file, input.place),
              input.place.service,
              input.baseline,
              zero,
              context.cancellationSignal,
            ),
      ]);
      const sample: Sample = { t: seconds(next), canary: canary.arm, baseline: baseline?.arm ?? null };
      ({ state } = gate.observe(settings, state, sample));
      t = sample.t;
      await store.add(sample);
      context.heartbeat({ state, t } satisfies Progress);
    }
    await sleepUntil(context, ends, clock, { state, t });
    return done(gate.close(settings, state, seconds(ends)));
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
  { ledger, log }: Deps,
  input: WatchInput,
  settings: ErrorLimitSettings,
  opened: number,
): Promise<Progress> => {
  const { info } = Context.current();
  const beaten: unknown = info.heartbeatDetails;
  const { attempt } = info;
  const fresh = (): Progress => ({
    state: gate.openWatch(asState(input.carry) ?? gate.begin(settings), opened),
    t: opened,
  });
  const progress = asProgress(beaten) ?? fresh();
  if (attempt === 1) return progress;
  const stored = await ledger.samples(input.rolloutId, input.watch, progress.t);
  log.info(
    { rolloutId: input.rolloutId, watch: input.watch, attempt, stored: stored.length },
    'watch resumes',
  );
  return stored.reduce<Progress>(
    ({ state }, { t, sample }) => ({ state: gate.observe(settings, state, sample).state, t }),
    progress,
  );
};

const asState = (carry: GateCarry): ErrorLimitState | null => carry as ErrorLimitState | null;
const asProgress = (details: unknown): Progress | null =>
  typeof details === 'object' && details !== null && 'state' in details ? (details as Progress) : null;
