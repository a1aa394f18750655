import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { Actor, ActorVia } from '../../runbooks/access.ts';
import type { Problem } from '../../runbooks/errors.ts';
import type { Cause, EventBody, EventType } from '../../runbooks/events.ts';
import type { PageSeverity } from '../../runbooks/paging/page-block.ts';
import type { Action, Release, RolloutKind, Step } from '../../runbooks/runbook.ts';
import type { Command, Effect, RolloutState } from '../../runbooks/state.ts';
import type { Verdict, VerdictKind } from '../../runbooks/verdict.ts';
import type { Sample } from '../gates/reading.ts';
import type { GateRecord } from '../gates/record.ts';
import type { Queued } from './queue.ts';
import type { InboxState, PageState, ReleaseState, StepState } from './views.ts';

// The tables of `migrations.ts` as Kysely sees them. What is jsonb goes in as JSON text and comes out as a value;
// times are ISO 8601 text on this side.

/** A jsonb column that may be null. */
type MaybeJson<T> = ColumnType<T | null, string | null, string | null>;
type Json<T extends object> = JSONColumnType<T>;

type EventTable = {
  readonly position: number;
  readonly rollout_id: string;
  readonly event_id: string;
  readonly at: string;
  /** The database takes it from the body. */
  readonly type: ColumnType<EventType, never, never>;
  /** The database takes it from the actor. */
  readonly actor_id: ColumnType<string | null, never, never>;
  readonly actor: MaybeJson<Actor>;
  readonly body: Json<EventBody>;
  readonly text_hashes: Json<Readonly<Record<string, string>>>;
  readonly previous_hash: string;
  readonly hash: string;
};

type TextTable = {
  readonly rollout_id: string;
  readonly event_id: string;
  readonly name: string;
  /** Hex; `null` together with the text once that is erased. */
  readonly salt: string | null;
  readonly text: string | null;
  readonly erased_at: string | null;
};

type ActorTable = {
  readonly id: string;
  readonly via: ActorVia;
  readonly name: string | null;
  readonly details: MaybeJson<Readonly<Record<string, string>>>;
};

export type RolloutTable = {
  readonly id: string;
  readonly kind: RolloutKind;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly digest: string | null;
  readonly from_release: MaybeJson<Release>;
  readonly state: RolloutState;
  readonly open: boolean;
  readonly until: string | null;
  readonly next: string | null;
  readonly actor: MaybeJson<Actor>;
  readonly of_rollout: string | null;
  readonly requested_at: string;
  readonly requested_position: number;
  readonly requested_event: string;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly hash: string | null;
  readonly epoch: number | null;
  readonly warnings: Json<readonly string[]>;
  readonly cause: MaybeJson<Cause>;
  readonly actions: Json<readonly Action[]>;
  readonly traffic_back_ms: number | null;
  readonly recovered: boolean | null;
  readonly verified: string | null;
  readonly sentence: string | null;
  readonly by_hand: Json<readonly string[]>;
  readonly problems: Json<readonly Problem[]>;
  readonly position: number;
};

export type StepTable = {
  readonly rollout_id: string;
  readonly index: number;
  readonly kind: Step['kind'];
  readonly title: string;
  readonly percent: number | null;
  readonly state: StepState;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly found: string | null;
};

export type WatchTable = {
  readonly rollout_id: string;
  readonly watch: number;
  readonly step: number;
  readonly starts_at: string;
  readonly ends_at: string;
  /** Of the event that began it (anew). */
  readonly position: number;
};

export type VerdictTable = {
  readonly position: number;
  readonly rollout_id: string;
  readonly step: number;
  readonly watch: number;
  readonly kind: VerdictKind;
  readonly verdict: Json<Verdict>;
  readonly at: string;
};

export type CommandTable = {
  readonly position: number;
  readonly rollout_id: string;
  readonly event_id: string;
  readonly command: Command;
  readonly actor: MaybeJson<Actor>;
  readonly at: string;
  readonly effect: Effect | null;
  readonly refusal: string | null;
};

export type ReleaseTable = {
  readonly position: number;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly digest: string;
  readonly state: ReleaseState;
  readonly by: 'rollout' | 'adopt';
  readonly promoted_at: string;
  readonly retired_at: string | null;
  readonly rollout_id: string;
};

export type PageTable = {
  readonly rollout_id: string;
  readonly incident: string;
  readonly state: PageState;
  readonly severity: PageSeverity | null;
  readonly summary: string | null;
  readonly url: string | null;
  readonly triggered_at: string | null;
  readonly acknowledged_at: string | null;
  readonly acknowledged_by: MaybeJson<Actor>;
  readonly resolved_at: string | null;
  readonly resolved_by: MaybeJson<Actor>;
  readonly late_since: string | null;
  readonly problem: MaybeJson<Problem>;
};

type SlackMessageTable = {
  readonly rollout_id: string;
  readonly channel: string;
  readonly ts: string | null;
  readonly permalink: string | null;
  readonly revision: number;
  readonly refused: string | null;
};

type SlackLineTable = { readonly rollout_id: string; readonly event_id: string; readonly ts: string | null };

type SlackRequestTable = {
  readonly id: string;
  readonly at: string;
  readonly said: string | null;
  /** Who is owed no answer any more has none of these. */
  readonly asked: MaybeJson<object>;
  readonly reply_to: MaybeJson<object>;
  readonly due_at: string | null;
};

type CiSessionTable = {
  readonly sha256: string;
  readonly pipeline: string;
  readonly identity_sha256: string;
  readonly issuer: string;
  readonly jti: string;
  readonly ends_at: string;
  /** After this the CI's own token would be refused for its age. */
  readonly jti_ends_at: string;
};

type RequestTable = { readonly key: string; readonly body_sha256: string; readonly rollout_id: string };

type InboxTable = {
  readonly id: string;
  readonly rollout_id: string;
  readonly command: Command;
  readonly actor: Json<Actor>;
  readonly reason: string | null;
  readonly at: string;
  readonly state: InboxState;
  readonly answer: string | null;
  /** The order of arrival. */
  readonly arrival: Generated<number>;
};

export type QueueTable = {
  readonly service: string;
  readonly environment: string;
  readonly rollout_id: string;
  readonly mode: Queued['mode'];
  readonly behind: string;
  readonly wanted: Json<Queued['wanted']>;
  readonly at: string;
  /** Whoever starts it is alone with it until then. */
  readonly taken_until: string | null;
};

type LockTable = {
  readonly service: string;
  /** `*`: every environment. */
  readonly environment: string;
  readonly actor: Json<Actor>;
  readonly reason: string;
  readonly at: string;
  readonly until: string | null;
};

type SampleTable = {
  readonly rollout_id: string;
  readonly watch: number;
  readonly t: number;
  readonly sample: Json<Sample>;
  /** `null` for the history of the old version, and for what an older Sluice stored. */
  readonly record: MaybeJson<GateRecord>;
};

type MetaTable = { readonly key: string; readonly value: ColumnType<unknown, string, string> };

export type Database = {
  readonly events: EventTable;
  readonly texts: TextTable;
  readonly actors: ActorTable;
  readonly rollouts: RolloutTable;
  readonly steps: StepTable;
  readonly watches: WatchTable;
  readonly verdicts: VerdictTable;
  readonly commands: CommandTable;
  readonly releases: ReleaseTable;
  readonly pages: PageTable;
  readonly slack_messages: SlackMessageTable;
  readonly slack_lines: SlackLineTable;
  readonly slack_requests: SlackRequestTable;
  readonly ci_sessions: CiSessionTable;
  readonly requests: RequestTable;
  readonly inbox: InboxTable;
  readonly queue: QueueTable;
  readonly locks: LockTable;
  readonly watch_samples: SampleTable;
  readonly meta: MetaTable;
};
