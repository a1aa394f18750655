import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Awaits } from '../runbooks/inconclusive.ts';
import type { Runbook, WatchStep } from '../runbooks/runbook.ts';
import { sayDuration } from '../runbooks/units.ts';
import type { Verdict } from '../runbooks/verdict.ts';
import type { GateCarry, Place, RolloutInput, WatchInput, WatchOutput } from './contract.ts';
import type { Control } from './control.ts';
import type { Journal } from './journal.ts';
import { watch } from './profiles.ts';

/** A watch with its fixed window. `number` is its place in the rollout: with the rollout's id the key of its samples. */
type Window = {
  readonly step: WatchStep;
  readonly index: number;
  readonly windowMs: number;
  readonly guard?: boolean;
  readonly silenceMs?: number;
  readonly awaits?: Awaits | null;
};

/** A wait of people, or of what is to come. `step`: the watch that speaks for the traffic; `null`: none was moved. */
type Wait = {
  readonly step: WatchStep | null;
  readonly index: number;
  readonly windowMs: number;
  readonly awaits: Awaits | null;
};

/** How a wait ended: a breach, what was awaited, or `null` where it has settled. */
export type Came = Verdict | 'met' | null;

/** The watches of one rollout: they share the gate's state, which carries evidence from one to the next. */
export class Watching {
  readonly #input: RolloutInput;
  readonly #runbook: Runbook;
  readonly #place: Place;
  readonly #control: Control;
  readonly #journal: Journal;
  #carry: GateCarry = null;
  #zeroAt: string | null = null;
  #next = 0;
  readonly #plan: WatchInput['plan'];

  constructor(input: RolloutInput, runbook: Runbook, control: Control, journal: Journal) {
    this.#input = input;
    this.#runbook = runbook;
    this.#place = { service: runbook.service, environment: runbook.environment };
    const watches = runbook.steps.filter((item) => item.kind === 'watch');
    this.#plan = {
      windowMs: watches[0]?.windowMs ?? 0,
      percents: watches.map(({ percent }) => percent),
    };
    this.#control = control;
    this.#journal = journal;
  }

  /**
   * One window: the activity samples and judges, a durable timer beside it ends the window even when no activity
   * answers. `null`: ended by a person, without a verdict.
   */
  async window(window: Window): Promise<Verdict | null> {
    return (await this.#look(window))?.verdict ?? null;
  }

  async #look(window: Window): Promise<WatchOutput | null> {
    const { step, index, windowMs, guard = false, silenceMs = null, awaits = null } = window;
    const number = this.#next++;
    const starts = Date.now();
    const ends = starts + windowMs;
    const startsAt = new Date(starts).toISOString();
    this.#zeroAt ??= startsAt;
    const zeroAt = this.#zeroAt;
    const endsAt = new Date(ends).toISOString();
    if (!guard) this.#journal.note({ type: 'watch-started', step: index, watch: number, startsAt, endsAt });
    const { settings } = this.#input;
    const summary = `${step.canary} at ${String(step.percent)} %, ${sayDuration(windowMs)}, until ${endsAt}`;
    // An activity lost with its worker is tried again after the heartbeat timeout and judges what was seen.
    const patienceMs = windowMs + 2 * settings.heartbeatMs + 5_000;
    const scope = new CancellationScope({ cancellable: true });
    this.#control.watch = scope;
    try {
      const output = await scope.run(async () =>
        Promise.race([
          watch(settings, patienceMs, summary).watch({
            rolloutId: this.#input.rolloutId,
            watch: number,
            place: this.#place,
            file: this.#input.service,
            canary: step.canary,
            baseline: step.baseline,
            stable: this.#runbook.from?.version ?? null,
            percent: step.percent,
            plan: this.#plan,
            gates: this.#runbook.gates,
            startsAt,
            endsAt,
            zeroAt,
            carry: this.#carry,
            ...{ awaits, silenceMs },
          }),
          sleep(patienceMs, { summary: 'end of the watch, whatever the worker does' }).then(() =>
            lost(windowMs),
          ),
        ]),
      );
      this.#carry = output.carry ?? this.#carry;
      if (!guard || output.verdict.kind === 'breach') {
        this.#journal.note({ type: 'verdict', step: index, watch: number, verdict: output.verdict });
      }
      return output;
    } catch (error) {
      // Only a cancelled watch ends without a verdict; a cancelled rollout is thrown on.
      if (isCancellation(error) && scope.consideredCancelled && !this.#control.forward.consideredCancelled)
        return null;
      throw error;
    } finally {
      this.#control.watch = null;
      // The loser of the race: a timer, or an activity that nobody waits for any more.
      scope.cancel();
    }
  }

  /**
   * Waits for `until` while the release still takes traffic: the gate goes on looking. A breach ends the wait, and so
   * does what is awaited.
   */
  async guarded({ step, index, windowMs, awaits }: Wait, until: () => Promise<void>): Promise<Came> {
    if (step === null) {
      await until();
      return null;
    }
    const waiting = new CancellationScope({ cancellable: true });
    let over = false;
    const done = waiting.run(until).then(() => {
      if (!over) this.#control.watch?.cancel();
      return null;
    });
    // A rollout that goes back ends both waits, and only the first is listened to: a rejection that nobody hears would
    // fail the workflow's task again and again, and the way back with it.
    done.catch(() => undefined);
    const output = await this.#look({ step, index, windowMs, guard: true, awaits });
    const came = cameOf(output);
    if (came === null) return done;
    over = true;
    waiting.cancel();
    return came;
  }

  /** Looks out for what is awaited, for `ms` at most. */
  async awaited(wait: {
    readonly step: WatchStep;
    readonly index: number;
    readonly ms: number;
    readonly awaits: Awaits;
  }): Promise<Came> {
    const { step, index, ms, awaits } = wait;
    return cameOf(await this.#look({ step, index, windowMs: ms, guard: true, awaits }));
  }
}

const cameOf = (output: WatchOutput | null): Came => {
  if (output === null) return null;
  if (output.verdict.kind === 'breach') return output.verdict;
  return output.met ? 'met' : null;
};

const lost = (windowMs: number): WatchOutput => ({
  carry: null,
  met: false,
  verdict: {
    kind: 'inconclusive',
    reason: 'no-data',
    sentence: `No worker judged the watch by its end; this is not evidence of health.`,
    t: windowMs / 1000,
    canary: { requests: 0, errors: 0 },
    baseline: null,
    samples: { seen: 0, due: 0 },
    recording: null,
    silentSeconds: windowMs / 1000,
  },
});
