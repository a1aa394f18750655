import type { Actor } from '../../../runbooks/access.ts';
import type { EventBody, LedgerEvent } from '../../../runbooks/events.ts';
import type { Runbook } from '../../../runbooks/runbook.ts';
import type { Verdict, VerdictKind } from '../../../runbooks/verdict.ts';
import { makeRequest, planned } from '../../runbooks/make.ts';

export const alice: Actor = { id: 'token:alice', via: 'token', groups: ['team-checkout'] };
export const bob: Actor = { id: 'slack:bob', via: 'slack', groups: ['on-call'] };

const begin = Date.parse('2026-03-01T10:00:00.000Z');

/** The time `seconds` after the story's beginning. */
export const at = (seconds: number): string => new Date(begin + seconds * 1000).toISOString();

export type EventParts = {
  readonly actor?: Actor;
  readonly texts?: Readonly<Record<string, string>>;
  readonly id?: string;
};

let rollouts = 0;

/** Of a rollout that no other test of the file writes to. */
export const newId = (): string => {
  rollouts += 1;
  return `rollout-${rollouts}`;
};

/** Writes the events of one rollout: ids count up, and each is a second after the one before it. */
export const storyOf = (rolloutId = newId()) => {
  let count = 0;
  return (body: EventBody, parts: EventParts = {}): LedgerEvent => {
    count += 1;
    return {
      rolloutId,
      id: parts.id ?? `rollout/${count}`,
      at: at(count),
      actor: parts.actor ?? null,
      body,
      texts: parts.texts ?? {},
    };
  };
};

export const requested = (changes: Partial<Extract<EventBody, { type: 'requested' }>> = {}): EventBody => ({
  type: 'requested',
  kind: 'deploy',
  service: 'shop',
  environment: 'production',
  version: '2.1.0',
  of: null,
  files: [{ path: 'shop.yml', sha256: 'f'.repeat(64) }],
  ...changes,
});

/** 2.0.4 to 2.1.0 by 10, 50 and 100 %. */
export const shopRunbook: Runbook = planned(makeRequest()).runbook;

export const plannedBody = (runbook: Runbook = shopRunbook): EventBody => ({
  type: 'planned',
  hash: 'e'.repeat(64),
  runbook,
  epoch: 7,
  warnings: ['No stable baseline.'],
});

export const stateBody = (
  state: Extract<EventBody, { type: 'state' }>['state'],
  until?: string,
): EventBody => ({
  type: 'state',
  state,
  until: until ?? null,
  next: until === undefined ? null : 'the watch ends',
});

export const verdictOf = (kind: VerdictKind, t: number): Verdict => ({
  kind,
  reason: kind === 'pass' ? 'healthy' : 'errors',
  sentence: `after ${t} s: ${kind}`,
  t,
  canary: { requests: 1000, errors: 3 },
  baseline: { requests: 9000, errors: 27 },
  samples: { seen: 10, due: 10 },
  recording: null,
});
