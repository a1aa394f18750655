import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
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
};

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
  async window({ step, index, windowMs, guard = false }: Window): Promise<Verdict | null> {
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
      return output.verdict;
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
   * Waits for people while the release still takes traffic: the gate goes on looking, and a breach ends the wait.
   * Returns the breach, or `null` once `until` has settled.
   */
  async guarded(
    step: WatchStep | null,
    index: number,
    windowMs: number,
    until: Promise<unknown>,
  ): Promise<Verdict | null> {
    if (step === null) {
      await until;
      return null;
    }
    const done = until.then(() => {
      this.#control.watch?.cancel();
      return null;
    });
    // A rollout that goes back ends both waits, and only the first is listened to: a rejection that nobody hears would
    // fail the workflow's task again and again, and the way back with it.
    done.catch(() => undefined);
    const verdict = await this.window({ step, index, windowMs, guard: true });
    return verdict?.kind === 'breach' ? verdict : done;
  }
}

const lost = (windowMs: number): WatchOutput => ({
  carry: null,
  verdict: {
    kind: 'inconclusive',
    reason: 'no-data',
    sentence: `No worker judged the watch by its end; this is not evidence of health.`,
    t: windowMs / 1000,
    canary: { requests: 0, errors: 0 },
    baseline: null,
    samples: { seen: 0, due: 0 },
    recording: null,
  },
});
