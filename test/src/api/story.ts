import type { EventBody, LedgerEvent } from '../../../runbooks/events.ts';
import { plan } from '../../../runbooks/plan.ts';
import type { Runbook } from '../../../runbooks/runbook.ts';
import { serviceFileSchema } from '../../../runbooks/service.ts';
import type { ServiceFileInput } from '../../../runbooks/service.ts';
import type { Command, Effect, RolloutState } from '../../../runbooks/state.ts';
import type { Verdict } from '../../../runbooks/verdict.ts';
import type { GateRecord } from '../../../runbooks/gate-record.ts';
import type { Sample } from '../../../src/gates/reading.ts';
import type { StoredEvent } from '../../../src/store/views.ts';

export const rolloutId = '0193589c-2d10-7c3a-9b1e-5f0d6a7b8c9d';
export const began = Date.parse('2025-03-04T14:02:11.000Z');

const digestOf = (version: string): string =>
  `sha256:${version.replaceAll(/[^0-9a-f]/g, '').padEnd(64, '0')}`;
const releaseOf = (version: string) => ({ version, digest: digestOf(version) });

const fileOf = (service: string): ServiceFileInput => ({
  apiVersion: 'sluice/v1',
  service,
  owners: ['team-shop'],
  artifact: { manifests: './releases' },
  environments: {
    production: {
      target: { practice: {} },
      strategy: { canary: { steps: [10, 50, 100], watch: '30s' } },
      gates: { every: '1s', errors: { max: '1%' } },
    },
  },
});

/** A real runbook: what the planner makes of a service with 2.0.4 running. */
export const runbookTo = (version: string, from: string | null = '2.0.4', service = 'shop'): Runbook => {
  const group = from === null ? null : { ...releaseOf(from), instances: 2, ready: 2 };
  const made = plan({
    kind: 'deploy',
    service: serviceFileSchema.parse(fileOf(service)),
    environment: 'production',
    release: releaseOf(version),
    state: {
      groups: group === null ? [] : [group],
      weights: from === null ? {} : { [from]: 100 },
      stable: from,
      fence: 0,
    },
    lastGood: from === null ? null : releaseOf(from),
  });
  if ('problems' in made) throw new Error(JSON.stringify(made.problems));
  return made.runbook;
};

const operator = { id: 'operator', via: 'operator', groups: ['operator'] } as const;

/** As a writer hands them to the ledger. */
export const toWrite = (events: readonly StoredEvent[]): readonly LedgerEvent[] =>
  events.map(({ rolloutId: id, id: eventId, at, actor, body, texts }) => ({
    rolloutId: id,
    id: eventId,
    at,
    actor: actor === null ? null : { id: actor.id, via: actor.via, groups: actor.groups },
    body,
    texts: Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text ?? ''])),
  }));

type StoryOptions = {
  readonly id?: string;
  readonly from?: string | null;
  readonly at?: number;
  readonly service?: string;
  /** What whoever asked for it wrote. */
  readonly texts?: Readonly<Record<string, string>>;
};

const written = { reason: 'faster checkout' };

/** The events of one rollout as a workflow would note them, second by second. */
export class Story {
  readonly events: StoredEvent[] = [];
  readonly runbook: Runbook;
  readonly id: string;
  #at: number;
  #watch = 0;

  constructor(
    version = '2.2.0',
    { id = rolloutId, from = '2.0.4', at = began, service = 'shop', texts = written }: StoryOptions = {},
  ) {
    this.id = id;
    this.#at = at;
    this.runbook = runbookTo(version, from, service);
    this.note(
      {
        type: 'requested',
        kind: 'deploy',
        service,
        environment: 'production',
        version,
        of: null,
        files: [],
      },
      { texts },
    );
  }

  get now(): number {
    return this.#at;
  }

  after(seconds: number): this {
    this.#at += seconds * 1000;
    return this;
  }

  note(body: EventBody, more: Partial<Pick<StoredEvent, 'texts' | 'actor'>> = {}): this {
    const position = this.events.length + 1;
    this.events.push({
      rolloutId: this.id,
      id: `rollout/${String(position)}`,
      at: new Date(this.#at).toISOString(),
      actor: { ...operator, name: null },
      body,
      texts: {},
      position,
      previousHash: '0'.repeat(64),
      hash: String(position).padStart(64, '0'),
      ...more,
    });
    return this;
  }

  state(state: RolloutState, untilSeconds: number | null = null, next: string | null = null): this {
    const until = untilSeconds === null ? null : new Date(this.#at + untilSeconds * 1000).toISOString();
    return this.note({ type: 'state', state, until, next });
  }

  planned(hash = '9f3c1a2b'.padEnd(64, '0'), warnings: readonly string[] = []): this {
    return this.state('planning').note({
      type: 'planned',
      hash,
      runbook: this.runbook,
      epoch: 1,
      warnings,
    });
  }

  /** Steps up to, and without, the one with that index; watches pass. */
  stepsUpTo(end: number, start = 0): this {
    for (let i = start; i < end; i += 1) {
      const step = this.runbook.steps[i];
      if (step === undefined) break;
      if (step.kind === 'watch') {
        this.watching(i)
          .after(30)
          .verdict(i, pass)
          .note({ type: 'step-done', step: i, found: pass.sentence });
        continue;
      }
      this.state(step.kind === 'shift' || step.kind === 'promote' ? 'ramping' : 'deploying')
        .note({ type: 'step-started', step: i })
        .after(0.4)
        .note({ type: 'step-done', step: i, found: step.kind === 'smoke' ? '1 of 1 answered' : null });
    }
    return this;
  }

  watching(index: number): this {
    const step = this.runbook.steps[index];
    if (step?.kind !== 'watch') throw new Error(`step ${String(index)} is no watch`);
    const startsAt = new Date(this.#at).toISOString();
    const endsAt = new Date(this.#at + step.windowMs).toISOString();
    this.note({ type: 'step-started', step: index });
    this.state('watching', step.windowMs / 1000, this.runbook.steps[index + 1]?.title ?? 'done');
    return this.note({ type: 'watch-started', step: index, watch: this.#watch++, startsAt, endsAt });
  }

  verdict(step: number, verdict: Verdict): this {
    return this.note({ type: 'verdict', step, watch: this.#watch - 1, verdict });
  }

  said(command: Command, effect: Effect | null, refusal: string | null = null, reason?: string): this {
    return this.note(
      { type: 'command', command, effect, refusal },
      { texts: reason === undefined ? {} : { reason } },
    );
  }

  goesBack(by: 'breach' | 'person' | 'failure', sentence: string, step = 4): this {
    return this.state('rolling-back').note({
      type: 'way-back',
      cause: { by, sentence, step },
      actions: [
        { do: 'shift', weights: { '2.0.4': 100 } },
        { do: 'retire', version: this.runbook.to.version },
      ],
    });
  }
}

export const pass: Verdict = {
  kind: 'pass',
  reason: 'healthy',
  sentence: 'no rise of 1 point or more; seen 0.3 % against 0.3 % (1×)',
  t: 30,
  canary: { requests: 1004, errors: 3 },
  baseline: { requests: 9012, errors: 27 },
  samples: { seen: 30, due: 30 },
  recording: null,
};

/** What a gate that needs 100 says at second `t`, its evidence being `evidence`. */
export function recordAt(t: number, evidence: number): GateRecord {
  return {
    ...{ t, elapsed_s: t, since_s: 0, evidence, needed: 100 },
    ...{
      verdict: evidence >= 100 ? 'breach' : 'watching',
      reason: evidence >= 100 ? 'errors_vs_baseline' : null,
    },
    tests: { errors_vs_baseline: evidence * 2.2, errors_vs_limit: 3.1, on_fire: 0.4 },
    canary: { requests: 30 * t, errors: Math.floor(0.93 * t) },
    baseline: { requests: 270 * t, errors: Math.floor(0.81 * t) },
    ...{
      latency: null,
      phi: 1.18,
      health_evidence: 0.0004,
      late_evidence: 0.0004,
      alone: false,
      silent_s: 0,
    },
    sentence: `evidence ${String(evidence)} of 100`,
  };
}

export const breach: Verdict = {
  kind: 'breach',
  reason: 'errors',
  sentence: 'errors 3.1 % (31 of 1,004) against 0.3 % (27 of 9,012), limit 1 %',
  t: 14,
  canary: { requests: 1004, errors: 31 },
  baseline: { requests: 9012, errors: 27 },
  samples: { seen: 14, due: 30 },
  recording: null,
  record: recordAt(14, 2210),
};

/** One sample a second of a canary at `canary` and a baseline at `baseline` (error shares). */
export const samplesOf = (
  seconds: number,
  shares: { readonly canary: number; readonly baseline: number },
): readonly { readonly t: number; readonly sample: Sample; readonly record: GateRecord }[] =>
  Array.from({ length: seconds + 1 }, (_, t) => {
    // Bad ones are found in their fourteenth second, good ones never get anywhere.
    const evidence = shares.canary <= 0.01 ? 0.6 : t < 14 ? Math.exp(0.3 * t) : 2210;

    const arm = (rate: number, share: number, id: string) => ({
      instances: [{ id, requests: rate * t, errors: Math.floor(rate * t * share), started: 0 }],
    });
    return {
      t,
      record: recordAt(t, Number(evidence.toPrecision(3))),
      sample: { t, canary: arm(30, shares.canary, 'c'), baseline: arm(270, shares.baseline, 'b') },
    };
  });
