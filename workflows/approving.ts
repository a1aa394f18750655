import { isCancellation } from '@temporalio/workflow';
import type { ApprovalAnswer, ApprovalPlan } from '../runbooks/approval.ts';
import { refuseAnswer, sayGiven, sayWanted } from '../runbooks/approval.ts';
import type { Actor } from '../runbooks/access.ts';
import type { Problem } from '../runbooks/errors.ts';
import { canonicalJson } from '../runbooks/runbook.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import { endOf } from '../runbooks/state.ts';
import { sayDuration } from '../runbooks/units.ts';
import type { Prepared, RolloutInput } from './contract.ts';
import type { Control } from './control.ts';
import type { End } from './going-back.ts';
import type { Refusal } from './hearing.ts';
import type { Journal } from './journal.ts';
import type { CommandMessage } from './messages.ts';
import { prepareOrRefuse } from './plan.ts';
import { decidedInTime } from './reminding.ts';
import { forgets, lostApproval } from './reset.ts';

type Decision =
  | { readonly go: Prepared }
  | { readonly end: End }
  /** What was approved can not be planned any more. */
  | { readonly problems: readonly Problem[] };

/**
 * The question before anything runs: k of n people approve the plan as it stands, by its hash. Once they have, it is
 * made again; another plan than theirs is asked about anew. What a person denies, or nobody answers, has run nothing.
 */
export class Approving {
  readonly #input: RolloutInput;
  readonly #control: Control;
  readonly #journal: Journal;
  #hash = '';
  #plan: ApprovalPlan | null = null;
  #given: readonly string[] = [];
  #denied: Actor | null = null;
  /** Ms since 1970. */
  #until = 0;

  constructor(input: RolloutInput, control: Control, journal: Journal) {
    this.#input = input;
    this.#control = control;
    this.#journal = journal;
    control.approvals = this;
  }

  /** The plan that may run; asked about nothing where its runbook asks for no approval. */
  async decide(first: Prepared): Promise<Decision> {
    let prepared = first;
    for (;;) {
      const plan = prepared.runbook.approval;
      if (plan === undefined) return { go: prepared };
      try {
        const end = await this.#control.forward.run(() => this.#ask(prepared, plan));
        if (end !== null && forgets()) throw lostApproval();
        if (end !== null) return { end };
        const again = await this.#control.forward.run(() => this.#again());
        // What `keep` has taken away meanwhile makes no other plan of it.
        if (again.ok && sameBut(again.runbook, prepared.runbook))
          return { go: { ...again, runbook: prepared.runbook, hash: prepared.hash } };
        // Reset to while it asked: what has changed is mostly its own doing.
        if (forgets()) throw lostApproval();
        if (!again.ok) return { problems: again.problems };
        prepared = again;
      } catch (error) {
        if (!isCancellation(error)) throw error;
        const { by, sentence } = this.#control.wishes.backOut?.cause ?? {
          by: 'person' as const,
          sentence: 'Cancelled in Temporal.',
        };
        return { end: { state: endOf(by), sentence: `${sentence} Nothing has run.` } };
      }
      const { hash, runbook, epoch, warnings } = prepared;
      this.#journal.note({ type: 'planned', hash, runbook, epoch, warnings });
      this.#note('void', 'What runs has changed since: the approvals were for another plan.', null);
    }
  }

  /** Why the answer is not taken; `null`: it is. */
  refuse(answer: ApprovalAnswer, { actor, plan }: CommandMessage): Refusal | null {
    // The table of states has the words for a rollout that asks nothing.
    if (this.#plan === null) return null;
    const refusal = (sentence: string): Refusal => ({ code: 'COMMAND_REFUSED', sentence });
    if (this.#isDecided(this.#plan)) return refusal(`Can not ${answer}: it has just been decided.`);
    if (plan !== undefined && plan !== this.#hash)
      return refusal(
        `Can not ${answer}: the plan has changed; it is ${this.#hash.slice(0, 8)} now, not ${plan.slice(0, 8)}. Look at it first.`,
      );
    const asked = { plan: this.#plan, requester: this.#input.actor, given: this.#given };
    const sentence = refuseAnswer(asked, actor, answer);
    return sentence === null ? null : { code: 'NOT_AUTHORISED', sentence };
  }

  take(answer: ApprovalAnswer, actor: Actor): void {
    if (answer === 'deny') this.#denied = actor;
    else this.#given = [...this.#given, actor.id];
    if (this.#plan !== null && !this.#isDecided(this.#plan)) this.#show(this.#plan);
  }

  #isDecided({ count }: ApprovalPlan): boolean {
    return this.#denied !== null || this.#given.length >= count;
  }

  #show(plan: ApprovalPlan): void {
    this.#control.set('awaiting-approval', {
      until: new Date(this.#until).toISOString(),
      next: `it expires; so far ${sayGiven({ plan, given: this.#given })}`,
    });
  }

  /** `null`: it is approved. */
  async #ask({ hash }: Prepared, plan: ApprovalPlan): Promise<End | null> {
    this.#hash = hash;
    this.#plan = plan;
    this.#given = [];
    this.#until = Date.now() + plan.expiresMs;
    this.#note('asked', `${sayWanted(plan)} for plan ${hash.slice(0, 8)}`, this.#until);
    this.#show(plan);
    const inTime = await decidedInTime(
      () => this.#isDecided(plan),
      this.#until,
      (left) => {
        this.#note('reminder', `${sayGiven({ plan, given: this.#given })}; ${left} left`, this.#until);
      },
    );
    this.#plan = null;
    if (this.#denied !== null)
      return { state: 'denied', sentence: `Denied by ${this.#denied.id}. Nothing has run.` };
    if (inTime) return null;
    const found = sayGiven({ plan, given: this.#given });
    return {
      state: 'expired',
      sentence: `Not approved within ${sayDuration(plan.expiresMs)}: ${found}. Nothing has run.`,
    };
  }

  #again() {
    this.#control.set('planning', { next: 'the first step' });
    return prepareOrRefuse(this.#input);
  }

  #note(is: 'asked' | 'reminder' | 'void', sentence: string, until: number | null): void {
    this.#journal.note({
      type: 'approval',
      is,
      hash: this.#hash,
      given: this.#given,
      until: until === null ? null : new Date(until).toISOString(),
      sentence,
    });
  }
}

const sameBut = ({ keep: _, ...one }: Runbook, { keep: __, ...other }: Runbook): boolean =>
  canonicalJson(one) === canonicalJson(other);
