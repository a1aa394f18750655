import type { Actor } from '../../../runbooks/access.ts';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { EventBody } from '../../../runbooks/events.ts';
import type { Command, Effect, RolloutState } from '../../../runbooks/state.ts';
import { isOpen, judgeMeant } from '../../../runbooks/state.ts';
import type { CommandRequest, SaidAnswer } from '../../../src/rollouts/requests.ts';
import type { Ledger } from '../../../src/store/ledger.ts';

/** What an effect leads to; where it is missing the state stays. */
const after: Readonly<Partial<Record<Effect, RolloutState>>> = {
  deny: 'denied',
  hold: 'held',
  resume: 'watching',
  extend: 'watching',
  accept: 'ramping',
  promote: 'ramping',
  'way-back': 'rolling-back',
  'retry-way-back': 'rolling-back',
  'take-over': 'rolled-back-by-hand',
};

/** Where a rollout comes by itself. */
const byItself: Readonly<Partial<Record<RolloutState, readonly RolloutState[]>>> = {
  'awaiting-approval': ['expired'],
  deploying: ['ramping'],
  ramping: ['watching', 'succeeded'],
  watching: ['ramping', 'inconclusive', 'rolling-back'],
  inconclusive: ['rolling-back'],
  held: ['rolling-back'],
  'rolling-back': ['rolled-back', 'rollback-failed'],
};

const approvals = 2;

export type Done = { readonly key: string; readonly command: Command; readonly effect: Effect };

/**
 * One rollout behind a scripted façade: judged by the real table, written to the real ledger, one thing at a time and
 * each key once, as the workflow does it. What it did is kept for the test.
 */
export class Machine {
  readonly #ledger: Ledger;
  readonly #id: string;
  readonly #answers = new Map<string, Promise<SaidAnswer>>();
  readonly #approved = new Set<string>();
  #state: RolloutState;
  #turn: Promise<unknown> = Promise.resolve();
  #events = 0;
  readonly done: Done[] = [];

  constructor(ledger: Ledger, id: string, state: RolloutState) {
    this.#ledger = ledger;
    this.#id = id;
    this.#state = state;
  }

  get state(): RolloutState {
    return this.#state;
  }

  say(request: CommandRequest): Promise<SaidAnswer> {
    const { key } = request;
    if (key === undefined || key === null) throw new Error('Slack says nothing without a key');
    const before = this.#answers.get(key);
    if (before !== undefined) return before;
    const answer = this.#inTurn(() => this.#obey(key, request));
    this.#answers.set(key, answer);
    return answer;
  }

  move(way: number): Promise<void> {
    return this.#inTurn(async () => {
      const ways = byItself[this.#state] ?? [];
      const to = ways[way % Math.max(1, ways.length)];
      if (to !== undefined) await this.#write(null, this.#to(to));
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    // Who asked hears of a refusal; whoever comes next does not.
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #obey(key: string, { command, actor, meant }: CommandRequest): Promise<SaidAnswer> {
    const judged = this.#judge(command, actor, meant);
    if ('refusal' in judged) {
      await this.#write(actor, [{ type: 'command', command, effect: null, refusal: judged.refusal }]);
      throw new SluiceError({ code: 'COMMAND_REFUSED', message: judged.refusal });
    }
    const { effect } = judged;
    if (effect === 'approve') this.#approved.add(actor.id);
    const whole = effect === 'approve' && this.#approved.size >= approvals;
    const to = whole ? 'deploying' : after[effect];
    const heard: EventBody = { type: 'command', command, effect, refusal: null, key };
    await this.#write(actor, [heard, ...(to === undefined ? [] : this.#to(to))]);
    this.done.push({ key, command, effect });
    return { outcome: 'done', rolloutId: this.#id, effect, state: this.#state, started: null };
  }

  #judge(
    command: Command,
    actor: Actor,
    meant?: Effect,
  ): { readonly effect: Effect } | { readonly refusal: string } {
    if (actor.id === 'slack:U0CY00001') return { refusal: `You may not ${command}.` };
    if (actor.id === 'slack:U0BO00001' && command !== 'approve' && command !== 'hold')
      return { refusal: `You may not ${command}: ana may.` };
    if (command === 'approve' && this.#approved.has(actor.id))
      return { refusal: 'You have approved it already.' };
    return judgeMeant(this.#state, command, meant);
  }

  #to(state: RolloutState): readonly EventBody[] {
    this.#state = state;
    return [
      isOpen(state)
        ? { type: 'state', state, until: null, next: null }
        : { type: 'closed', state, sentence: `It is ${state}.` },
    ];
  }

  async #write(actor: Actor | null, bodies: readonly EventBody[]): Promise<void> {
    const at = new Date().toISOString();
    await this.#ledger.append(
      bodies.map((body) => {
        this.#events += 1;
        return { rolloutId: this.#id, id: `machine/${String(this.#events)}`, at, actor, body, texts: {} };
      }),
    );
  }
}
