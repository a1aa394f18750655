import type { Action } from '../../../../runbooks/runbook.ts';
import type { Fault } from '../control.ts';

type Kind = Action['do'];

/** Faults set on one service, for tests and drills. In memory only: a plane comes back without them. */
export class Faults {
  #unreachableUntilMs = 0;
  #delay: { readonly ms: number; readonly only: Kind | undefined } | null = null;
  readonly #failing = new Map<string, number>();
  #lose: { readonly left: number; readonly only: Kind | undefined } = { left: 0, only: undefined };

  set(fault: Fault): void {
    if ('unreachableMs' in fault) this.#unreachableUntilMs = Date.now() + fault.unreachableMs;
    else if ('delayNextWriteMs' in fault) this.#delay = { ms: fault.delayNextWriteMs, only: fault.action };
    else if ('failing' in fault) this.#failing.set(fault.version, fault.failing);
    else this.#lose = { left: fault.loseNextAnswers, only: fault.action };
  }

  /** For how much longer, in ms, calls about this service are swallowed. */
  unreachableMs(): number {
    return Math.max(0, this.#unreachableUntilMs - Date.now());
  }

  /** Share of the version's answers that are errors instead. */
  failing(version: string): number {
    return this.#failing.get(version) ?? 0;
  }

  /** How long to hold this write, in ms; used up by asking. */
  takeDelay(action: Kind): number {
    const delay = this.#delay;
    if (delay === null || (delay.only !== undefined && delay.only !== action)) return 0;
    this.#delay = null;
    return delay.ms;
  }

  /** Whether the answer to this write gets lost; used up by asking. */
  takeLostAnswer(action: Kind): boolean {
    const { left, only } = this.#lose;
    if (left === 0 || (only !== undefined && only !== action)) return false;
    this.#lose = { left: left - 1, only };
    return true;
  }
}
