import { ApplicationFailure } from '@temporalio/workflow';
import type { Actor } from '../runbooks/access.ts';
import { refuseActor } from '../runbooks/access.ts';
import type { ApprovalAnswer } from '../runbooks/approval.ts';
import type { ErrorCode } from '../runbooks/errors.ts';
import type { AccessBlock } from '../runbooks/service.ts';
import type { Effect, RolloutState } from '../runbooks/state.ts';
import { judgeCommand, stateTable } from '../runbooks/state.ts';
import type { CommandMessage, RunningCommand } from './messages.ts';

export type Refusal = {
  readonly code: ErrorCode;
  readonly sentence: string;
  /** The rollout that has taken the place of the one that was meant. */
  readonly runs?: string;
};

/** What a command does here, or why it does nothing. */
export type Judged = { readonly effect: Effect } | Refusal;

/** The question that stands before a rollout: its answers are judged by the runbook's approval, not by `access`. */
export type Approvals = {
  refuse(answer: ApprovalAnswer, message: CommandMessage): Refusal | null;
  take(answer: ApprovalAnswer, actor: Actor): void;
};

/** Of an ended rollout: the façade begins a new one, as soon as the ledger knows of the end. */
const beginsAnew: ReadonlySet<Effect> = new Set([
  'start-again',
  'start-over',
  'start-rollback',
  'leave-queue',
]);

export const failureOf = ({ code, sentence, runs }: Refusal): ApplicationFailure =>
  ApplicationFailure.nonRetryable(sentence, code, ...(runs === undefined ? [] : [{ rolloutId: runs }]));

/** What the rule asks of its rollout. */
type Its = {
  readonly rolloutId: string;
  readonly access: AccessBlock;
  /** Whether anybody can be paged. */
  readonly pages: boolean;
  readonly state: () => RolloutState;
  readonly approvals: () => Approvals | null;
};

/** Which commands a rollout takes, and what came of each. Deterministic; the same for updates and signals. */
export class Hearing {
  /** By the command's id: what came of it stands, by whichever way the same one comes again. */
  readonly #heard = new Map<string, Judged>();
  readonly #its: Its;

  constructor(its: Its) {
    this.#its = its;
  }

  /** The one rule for what comes as an update and as a signal. It changes nothing: validators ask it. */
  judge(command: RunningCommand, message: CommandMessage): Judged {
    const before = this.#heard.get(message.id);
    if (before !== undefined) return before;
    const refused = (sentence: string): Refusal => ({ code: 'COMMAND_REFUSED', sentence });
    if (message.rolloutId !== this.#its.rolloutId) {
      const sentence = `Can not ${command} rollout ${message.rolloutId}: it has ended, and ${this.#its.rolloutId} runs now.`;
      return { ...refused(sentence), runs: this.#its.rolloutId };
    }
    if (message.late === true)
      return refused(`Can not ${command}: it was said too long ago, and would surprise by now.`);
    if (command === 'approve' || command === 'deny') {
      const refusal = this.#its.approvals()?.refuse(command, message) ?? null;
      if (refusal !== null) return refusal;
    } else {
      const stranger = refuseActor(this.#its.access, message.actor, command);
      if (stranger !== null) return { code: 'NOT_AUTHORISED', sentence: stranger };
    }
    if (command === 'page' && !this.#its.pages)
      return refused('Can not page: the service file names nobody (page) for this environment.');
    const judged = judgeCommand(this.#its.state(), command);
    if ('refusal' in judged) return refused(judged.refusal);
    if (beginsAnew.has(judged.effect)) {
      return refused(
        `Can not ${command}: it has just ended (${stateTable[this.#its.state()].says}). Say it again in a moment.`,
      );
    }
    return judged;
  }

  /** `false`: it was heard before, as the signal or the update of the same command. */
  isFirst({ id }: CommandMessage, judged: Judged): boolean {
    if (this.#heard.has(id)) return false;
    this.#heard.set(id, judged);
    return true;
  }
}
