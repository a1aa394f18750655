import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { ApprovalPlan } from '../runbooks/approval.ts';
import { approvalPlan, refuseAnswer } from '../runbooks/approval.ts';
import type { EventBody } from '../runbooks/events.ts';
import type { ContractPlan } from '../runbooks/migrations.ts';
import type { KeepInput } from './contract.ts';
import type { Journal } from './journal.ts';
import type { CommandMessage } from './messages.ts';
import { contractUpdate } from './messages.ts';
import { problemOf } from './problem.ts';
import { migrate } from './profiles.ts';
import { decidedInTime } from './reminding.ts';

type ContractNews = Extract<EventBody, { readonly type: 'contract' }>['is'];

/**
 * The last thing that `keep` does: the database loses what the old version needed, once a person has approved it, or by
 * itself where the file says so. Unapproved it loses nothing; what fails is asked for again until the question expires.
 */
export class Contracting {
  readonly #input: KeepInput;
  readonly #journal: Journal;
  #asked = false;
  #given: readonly string[] = [];
  #approved = false;
  #done = false;

  constructor(input: KeepInput, journal: Journal) {
    this.#input = input;
    this.#journal = journal;
  }

  /** From here on there is no return to a release before the one that was promoted. */
  get done(): boolean {
    return this.#done;
  }

  get #names(): readonly string[] {
    return this.#input.plan.contract?.migrations.map(({ name }) => name) ?? [];
  }

  /** Asked of whoever approves deploys there; without such people, of whoever may answer questions. */
  get #plan(): ApprovalPlan {
    const { file, place, plan } = this.#input;
    const approval = file.environments[place.environment]?.approval;
    const expiresMs = plan.contract?.expiresMs ?? 0;
    if (approval !== undefined) return { ...approvalPlan(approval), expiresMs };
    return { by: file.access.answer ?? [], count: 1, expiresMs, self: true };
  }

  listen(): void {
    setHandler(contractUpdate, (message) => this.#approve(message), {
      validator: (message: CommandMessage) => {
        this.#refuse(message);
      },
      description: 'Approves that the database loses what the old version needed',
    });
  }

  /** `alone` keeps a claim waiting while the database is being changed. */
  async run(isClaimed: () => boolean, alone: (work: () => Promise<void>) => Promise<void>): Promise<void> {
    const { contract } = this.#input.plan;
    if (contract === undefined || isClaimed()) return;
    const deadline = Date.now() + contract.expiresMs;
    this.#approved = contract.by === 'auto';
    while (!this.#done) {
      if (!this.#approved && !(await this.#answered(isClaimed, deadline))) return;
      await alone(() => this.#carryOut(contract));
    }
  }

  /** Whether a person approved it; not when nobody did in time, or the old version was claimed. */
  async #answered(isClaimed: () => boolean, deadline: number): Promise<boolean> {
    this.#asked = true;
    this.#given = [];
    this.#note('asked', `${this.#names.join(', ')} may be contracted: ${this.#point()}`, deadline);
    const inTime = await decidedInTime(
      () => this.#approved || isClaimed(),
      deadline,
      (left) => {
        const sentence = `Still waits, ${left} left: ${this.#names.join(', ')} may be contracted.`;
        this.#note('reminder', sentence, deadline);
      },
    );
    this.#asked = false;
    if (this.#approved && !isClaimed()) return true;
    if (!inTime) {
      this.#note(
        'expired',
        `Nobody approved it: ${this.#names.join(', ')} stays, and may be contracted after the next release.`,
      );
    }
    return false;
  }

  async #carryOut(contract: ContractPlan): Promise<void> {
    const { rolloutId, place, file, release, settings } = this.#input;
    const { migrations, level, withinMs } = contract;
    this.#approved = false;
    try {
      const found = await migrate(settings, withinMs, `contract ${this.#names.join(', ')}`).contract({
        rolloutId,
        place,
        file,
        release,
        level,
        migrations,
        withinMs,
      });
      this.#done = true;
      this.#note('done', `${found}: ${this.#point()}`);
    } catch (error) {
      this.#note('failed', problemOf(error).message);
    }
  }

  #point(): string {
    return `the point of no return, no release before ${this.#input.release.version} comes back.`;
  }

  #note(is: ContractNews, sentence: string, until: number | null = null): void {
    this.#journal.note({
      type: 'contract',
      is,
      migrations: this.#names,
      until: until === null ? null : new Date(until).toISOString(),
      sentence,
    });
  }

  #refuse({ actor, rolloutId }: CommandMessage): void {
    const { requester = null } = this.#input;
    const asked = { plan: this.#plan, requester, given: this.#given };
    const stranger = refuseAnswer(asked, actor, 'approve');
    if (stranger !== null) throw ApplicationFailure.nonRetryable(stranger, 'NOT_AUTHORISED');
    if (rolloutId === this.#input.rolloutId && this.#asked) return;
    throw ApplicationFailure.nonRetryable(
      'Can not approve: nothing waits for an approval here.',
      'COMMAND_REFUSED',
    );
  }

  #approve({ id, actor, reason }: CommandMessage): { readonly contracts: readonly string[] } {
    this.#given = [...this.#given, actor.id];
    this.#approved = this.#given.length >= this.#plan.count;
    this.#asked = !this.#approved;
    this.#journal.note(
      { type: 'command', command: 'approve', effect: 'approve', refusal: null, key: id },
      { actor, reason },
    );
    return { contracts: this.#names };
  }
}
