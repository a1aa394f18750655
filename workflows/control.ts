import { ApplicationFailure, CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { Actor } from '../runbooks/access.ts';
import type { Problem } from '../runbooks/errors.ts';
import type { Cause } from '../runbooks/events.ts';
import type { RolloutKind } from '../runbooks/runbook.ts';
import type { AccessBlock } from '../runbooks/service.ts';
import type { Effect, RolloutState } from '../runbooks/state.ts';
import type { Approvals } from './hearing.ts';
import { failureOf, Hearing } from './hearing.ts';
import type { Journal } from './journal.ts';
import type { CommandAnswer, CommandMessage, RunningCommand, SupersedeMessage } from './messages.ts';
import { commandUpdate, runningCommands, supersedeUpdate, wayBackSignal } from './messages.ts';
import { backOutFor, refuseNewer } from './superseding.ts';

/** Why the forward part of a rollout ends early: the message of a `BackOut`. */
export type BackOut = { readonly cause: Cause; readonly actor: Actor | null };

/** What people have said and the main function has not acted on yet. */
export type Wishes = {
  held: { readonly actor: Actor; readonly until: string } | null;
  answer: 'extend' | 'accept' | null;
  promote: boolean;
  backOut: BackOut | null;
  /** Answers to a failed way back. */
  afterFailure: 'retry' | 'take-over' | null;
};

export type Doing = {
  readonly state: RolloutState;
  readonly until: string | null;
  readonly next: string | null;
};

const pausable: ReadonlySet<RolloutState> = new Set(['deploying', 'ramping', 'watching', 'frozen']);
const isForward = (state: RolloutState): boolean =>
  pausable.has(state) || state === 'planning' || state === 'inconclusive' || state === 'requested';

type Changes = {
  /** What people are shown: called after every change. */
  readonly shown: () => void;
  readonly heldMs: () => number;
  readonly step: () => number | null;
  /** Whether anybody can be paged. */
  readonly pages: boolean;
  readonly kind: RolloutKind;
  /** Why nothing can go back any more; `null`: it can, or nothing has to. */
  readonly noReturn: () => Problem | null;
};

/**
 * State and commands of one rollout. Handlers only set wishes and cancel a scope; the rollout's main function acts.
 * Validators are synchronous and leave no history: the table in `runbooks/state.ts` and `access.ts` decide.
 */
export class Control {
  readonly wishes: Wishes = { held: null, answer: null, promote: false, backOut: null, afterFailure: null };
  /** Cancelled to go back. */
  readonly forward = new CancellationScope({ cancellable: true });
  /** Cancelled to end one watch without a verdict. */
  watch: CancellationScope | null = null;
  /** Who judges approvals, once there is something to approve. */
  approvals: Approvals | null = null;
  /** The whole rollout is a way back: it shows as one and takes no command on its way. */
  returning = false;
  /** What the main function is doing; what is shown follows from it and from the wishes. */
  #doing: Doing = { state: 'planning', until: null, next: null };
  #shown: RolloutState = 'planning';
  /** Said by the watchdog: what is past its time, and what it waits for. */
  #waitsFor: string | null = null;
  readonly #journal: Journal;
  readonly #its: { readonly rolloutId: string; readonly access: AccessBlock };
  readonly #hearing: Hearing;
  readonly #changes: Changes;

  constructor(rolloutId: string, journal: Journal, access: AccessBlock, changes: Changes) {
    this.#journal = journal;
    this.#changes = changes;
    this.#its = { rolloutId, access };
    this.#hearing = new Hearing({
      ...{ rolloutId, access, pages: changes.pages },
      state: () => this.#shown,
      approvals: () => this.approvals,
    });
  }

  /** What faces are told: `held` and `rolling-back` show at once, though a step may still be ending. */
  get state(): RolloutState {
    return this.#shown;
  }

  get doing(): Doing {
    const { held, backOut } = this.wishes;
    if (held !== null && pausable.has(this.#doing.state))
      return { state: 'held', until: held.until, next: this.#doing.next };
    if ((backOut !== null || this.returning) && isForward(this.#doing.state))
      return { state: 'rolling-back', until: null, next: null };
    return this.#doing;
  }

  /** The main function goes on to `state`. Times are ISO; `next` is what will follow, for people. */
  set(state: RolloutState, times: { readonly until?: string; readonly next?: string } = {}): void {
    this.#doing = { state, until: times.until ?? null, next: times.next ?? null };
    this.#show();
  }

  get stuck(): string | null {
    return this.#waitsFor;
  }

  waitsFor(sentence: string | null): void {
    if (sentence === this.#waitsFor) return;
    this.#waitsFor = sentence;
    this.#changes.shown();
  }

  /** The last state: from here on every command is refused. The journal's `closed` event tells it. */
  close(state: RolloutState): void {
    this.#doing = { state, until: null, next: null };
    this.#shown = state;
    this.#changes.shown();
  }

  #show(): void {
    const { state, until, next } = this.doing;
    this.#shown = state;
    this.#journal.note({ type: 'state', state, until, next });
    this.#changes.shown();
  }

  listen(): void {
    for (const command of runningCommands) {
      setHandler(commandUpdate(command), (message) => this.#accept(command, message), {
        validator: (message: CommandMessage) => {
          this.#refuse(command, message);
        },
        description: `Says "${command}" to this rollout`,
      });
    }
    setHandler(supersedeUpdate, (message) => this.#giveWay(message), {
      validator: (message: SupersedeMessage) => {
        this.#refuseNewer(message);
      },
      description: 'A newer deploy takes the place of this rollout',
    });
    setHandler(wayBackSignal, ({ command, ...message }) => {
      const judged = this.#hearing.judge(command, message);
      if ('effect' in judged) this.#take(command, message, judged.effect);
      else if (this.#hearing.isFirst(message, judged))
        this.#noteCommand(command, message, null, judged.sentence);
    });
  }

  #refuse(command: RunningCommand, message: CommandMessage): void {
    const judged = this.#hearing.judge(command, message);
    if ('sentence' in judged) throw failureOf(judged);
  }

  #accept(command: RunningCommand, message: CommandMessage): CommandAnswer {
    const judged = this.#hearing.judge(command, message);
    if ('sentence' in judged) throw failureOf(judged);
    this.#take(command, message, judged.effect);
    return { effect: judged.effect, state: this.#shown };
  }

  #refuseNewer(message: SupersedeMessage): void {
    const { kind, noReturn } = this.#changes;
    const its = { ...this.#its, kind, state: this.#shown, noReturn: noReturn() };
    const refusal = refuseNewer(its, message);
    if (refusal !== null) throw failureOf(refusal);
  }

  #giveWay(message: SupersedeMessage): CommandAnswer {
    this.#refuseNewer(message);
    this.goBack(backOutFor(message.version, message.actor, this.#changes.step()));
    return { effect: 'way-back', state: this.#shown };
  }

  /** Once: where the signal of the same command came first, what was asked for is being done. */
  #take(command: RunningCommand, message: CommandMessage, effect: Effect): void {
    if (!this.#hearing.isFirst(message, { effect })) return;
    this.#noteCommand(command, message, effect, null);
    this.#act(command, effect, message);
  }

  #noteCommand(
    command: RunningCommand,
    message: CommandMessage,
    effect: Effect | null,
    refusal: string | null,
  ): void {
    this.#journal.note(
      { type: 'command', command, effect, refusal, key: message.id },
      { actor: message.actor, reason: message.reason },
    );
  }

  #act(command: RunningCommand, effect: Effect, { actor, reason }: CommandMessage): void {
    const { wishes } = this;
    switch (effect) {
      case 'hold':
        wishes.held = { actor, until: new Date(Date.now() + this.#changes.heldMs()).toISOString() };
        this.#show();
        return;
      case 'resume':
        wishes.held = null;
        this.#show();
        return;
      case 'extend':
      case 'accept':
        wishes.answer = effect;
        return;
      case 'promote':
        wishes.held = null;
        wishes.promote = true;
        this.watch?.cancel();
        return;
      case 'way-back':
        this.goBack({
          actor,
          cause: {
            by: 'person',
            sentence: `${command} said by ${actor.id}${reason === null ? '' : ', with a reason'}.`,
            step: this.#changes.step(),
          },
        });
        return;
      case 'retry-way-back':
        wishes.afterFailure = 'retry';
        return;
      case 'take-over':
        wishes.afterFailure = 'take-over';
        return;
      case 'page':
        // Heard by `deliver` from the journal.
        return;
      case 'approve':
      case 'deny':
        this.approvals?.take(effect, actor);
        return;
      case 'start-again':
      case 'start-over':
      case 'start-rollback':
      case 'leave-queue':
        throw ApplicationFailure.nonRetryable(
          `"${effect}" is not an effect on a running rollout`,
          'INTERNAL',
        );
    }
  }

  /** Ends the forward part at once; the first reason counts. */
  goBack(backOut: BackOut): void {
    if (this.wishes.backOut !== null) return;
    this.wishes.backOut = backOut;
    this.wishes.held = null;
    this.#show();
    this.forward.cancel();
  }

  /**
   * A way back has failed: waits for a person, without end where `againMs` is `null`, otherwise for so long.
   * `again`: nobody said anything.
   */
  async decidedAfterFailure(againMs: number | null): Promise<'retry' | 'take-over' | 'again'> {
    const said = (): boolean => this.wishes.afterFailure !== null;
    if (againMs === null) {
      this.set('rollback-failed', { next: 'retry or take-over' });
      await condition(said);
    } else {
      const until = new Date(Date.now() + againMs).toISOString();
      this.set('rollback-failed', { until, next: 'it is tried again by itself' });
      await condition(said, againMs);
    }
    const decided = this.wishes.afterFailure ?? 'again';
    this.wishes.afterFailure = null;
    return decided;
  }

  /** The answer to a question, or `null` when nobody gave one in time. */
  async answered(withinMs: number): Promise<'extend' | 'accept' | 'promote' | null> {
    this.wishes.answer = null;
    await condition(() => this.wishes.answer !== null || this.wishes.promote, withinMs);
    return this.wishes.promote ? 'promote' : this.wishes.answer;
  }
}
