import type { Problem } from '../runbooks/errors.ts';
import type { WaitPolicy } from '../runbooks/runbook.ts';
import { againAfterMs } from '../runbooks/stuck.ts';
import type { Control } from './control.ts';
import type { Journal } from './journal.ts';

/**
 * A way back that has failed: handed over to a person at once, with what to do by hand, and tried again by itself for as
 * long as what stood in the way may pass. By hand and by itself do not collide: the hand's fence is the higher one.
 */
export class Failed {
  readonly #journal: Journal;
  readonly #control: Control;
  #tries = 0;
  #told: Problem['code'] | null = null;

  constructor(journal: Journal, control: Control) {
    this.#journal = journal;
    this.#control = control;
  }

  /** Whether what runs now was begun by itself. */
  get isAgain(): boolean {
    return this.#tries > 0;
  }

  /** Returns once it is to be tried again, or was taken over. The same failure is told once, unless a person asked again. */
  async next(
    problem: Problem,
    byHand: readonly string[],
    waits: WaitPolicy,
  ): Promise<'retry' | 'again' | 'take-over'> {
    if (this.#told !== problem.code) this.#journal.note({ type: 'way-back-failed', problem, byHand });
    this.#told = problem.code;
    // A runbook from before there was a watchdog leaves every try to a person.
    const againMs = waits.stuck === undefined ? null : againAfterMs(this.#tries, problem);
    const decided = await this.#control.decidedAfterFailure(againMs);
    if (decided === 'again') {
      this.#tries += 1;
      this.#control.set('rollback-failed', { next: 'it is being tried again' });
    }
    if (decided === 'retry') {
      this.#tries = 0;
      this.#told = null;
    }
    return decided;
  }
}
