import type { Actor } from '../../runbooks/access.ts';
import type { Problem } from '../../runbooks/errors.ts';
import type { Cause, LedgerEvent } from '../../runbooks/events.ts';
import type { PageSeverity } from '../../runbooks/paging/page-block.ts';
import type { Action, Release, RolloutKind, Step } from '../../runbooks/runbook.ts';
import type { Command, Effect, RolloutState } from '../../runbooks/state.ts';
import type { Verdict } from '../../runbooks/verdict.ts';
import type { Sample } from '../gates/reading.ts';
import type { GateRecord } from '../gates/record.ts';

// All times in this file are ISO 8601 in UTC with milliseconds.

/** An actor with the name that people know; `null`: never told, or erased. */
export type ActorView = Actor & { readonly name: string | null };

/**
 * An event as it stands in the chain. `position` counts from 1 without gaps, in the order of the chain;
 * the hashes are SHA-256, hex. A text is `null` once it was erased.
 */
export type StoredEvent = Omit<LedgerEvent, 'actor' | 'texts'> & {
  readonly position: number;
  readonly actor: ActorView | null;
  readonly texts: Readonly<Record<string, string | null>>;
  readonly previousHash: string;
  readonly hash: string;
};

export type StepState = 'pending' | 'running' | 'done' | 'failed' | 'skipped';

export type StepView = {
  readonly index: number;
  readonly kind: Step['kind'];
  readonly title: string;
  /** Percent of the traffic that the new version gets here; `null` for steps that are no shift or watch. */
  readonly percent: number | null;
  readonly state: StepState;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** What the step found, or why it was skipped, or how it failed. */
  readonly found: string | null;
};

export type WatchView = {
  readonly watch: number;
  readonly step: number;
  readonly percent: number | null;
  readonly startsAt: string;
  readonly endsAt: string;
  /** The newest verdict since the watch began (a watch that is extended begins anew); `null`: none yet. */
  readonly verdict: Verdict | null;
};

export type CommandView = {
  readonly command: Command;
  readonly actor: ActorView | null;
  readonly at: string;
  readonly effect: Effect | null;
  /** `null`: accepted. */
  readonly refusal: string | null;
  /** What the person wrote; `null`: nothing, or erased. */
  readonly reason: string | null;
};

/** What a workflow said to a command that it heard; `refusal` `null`: it took it. */
export type HeardView = Pick<CommandView, 'effect' | 'refusal'>;

/** `late`: wanted, and PagerDuty has not got it yet. `failed`: refused for good, nobody was told. */
export type PageState = 'late' | 'open' | 'acknowledged' | 'resolved' | 'failed';

/** One incident about a rollout, and what people did with it. */
export type PageView = {
  /** The `dedup_key`. */
  readonly incident: string;
  readonly state: PageState;
  readonly severity: PageSeverity | null;
  readonly summary: string | null;
  /** The incident in PagerDuty; `null`: nobody has answered it there yet. */
  readonly url: string | null;
  readonly triggeredAt: string | null;
  readonly acknowledgedAt: string | null;
  readonly acknowledgedBy: ActorView | null;
  readonly resolvedAt: string | null;
  /** `null` where it is resolved: Sluice did it. */
  readonly resolvedBy: ActorView | null;
  /** Something about it is not delivered yet, since then. */
  readonly lateSince: string | null;
  /** Why it is not delivered. */
  readonly problem: Problem | null;
};

/** One rollout, as every face shows it. The runbook has its own call (`Ledger.runbook`), to keep lists small. */
export type RolloutView = {
  readonly id: string;
  readonly kind: RolloutKind;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  /** `null` until the runbook is made. */
  readonly digest: string | null;
  /** What ran before, as the runbook found it. */
  readonly from: Release | null;
  readonly state: RolloutState;
  /** When the present state ends by itself. */
  readonly until: string | null;
  /** What comes next, for people. */
  readonly next: string | null;
  readonly actor: ActorView | null;
  readonly reason: string | null;
  /** The rollout that this one recovers or takes back. */
  readonly of: string | null;
  readonly requestedAt: string;
  /** Begin of the first step. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** The runbook's SHA-256, hex. */
  readonly hash: string | null;
  readonly epoch: number | null;
  readonly warnings: readonly string[];
  readonly steps: readonly StepView[];
  readonly watches: readonly WatchView[];
  readonly commands: readonly CommandView[];
  /** Incidents about it in PagerDuty. */
  readonly pages: readonly PageView[];
  /** Why it went back, and with which actions. */
  readonly cause: Cause | null;
  readonly actions: readonly Action[];
  /** Ms from the decision until all traffic was back. */
  readonly trafficBackMs: number | null;
  readonly recovered: boolean | null;
  /** What the check after the way back found. */
  readonly verified: string | null;
  /** How the rollout ended. */
  readonly sentence: string | null;
  /** What a person has to do after a failed way back, in order. */
  readonly byHand: readonly string[];
  /** Everything that was refused or failed, oldest first. */
  readonly problems: readonly Problem[];
  /** Position of its last event: follow from here with `Ledger.subscribe`. */
  readonly position: number;
};

/** `bad`: a person or a gate took it back after its promotion; it is never returned to by itself. */
export type ReleaseState = 'good' | 'bad';

export type ReleaseView = Release & {
  readonly service: string;
  readonly environment: string;
  readonly state: ReleaseState;
  readonly by: 'rollout' | 'adopt';
  readonly promotedAt: string;
  /** When its instances were removed after it lost its use. */
  readonly retiredAt: string | null;
  readonly rolloutId: string;
};

/** A digest that a gate rolled back: refused everywhere until somebody lifts it. */
export type QuarantineView = Release & {
  readonly service: string;
  readonly environment: string;
  readonly rolloutId: string;
  /** When its traffic was taken back. */
  readonly at: string;
};

export type OpenIncident = { readonly rolloutId: string; readonly summary: string | null };

/** `record`: what the gate said of it; `null` for a history. */
export type SampleView = {
  readonly t: number;
  readonly sample: Sample;
  readonly record: GateRecord | null;
};

export type InboxState = 'waiting' | 'done' | 'refused';

/** A command that could not reach Temporal yet. `id` is the caller's. */
export type InboxCommand = {
  readonly id: string;
  readonly rolloutId: string;
  readonly command: Command;
  readonly actor: Actor;
  readonly reason: string | null;
  readonly at: string;
  readonly state: InboxState;
  readonly answer: string | null;
};

/** A person's lock on a service: deploys are refused until `until`. `environment` `null`: all of them. */
export type LockView = {
  readonly service: string;
  readonly environment: string | null;
  readonly actor: Actor;
  readonly reason: string;
  readonly at: string;
  readonly until: string | null;
};

export type ChainHead = { readonly position: number; readonly hash: string };

/** `events`: how many were found whole. `position`: the first that is not. */
export type ChainReport =
  | { readonly ok: true; readonly events: number; readonly head: ChainHead }
  | { readonly ok: false; readonly events: number; readonly position: number; readonly why: string };
