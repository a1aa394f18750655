import type { Actor } from '../runbooks/access.ts';
import type { Overridden, Override } from '../runbooks/checks/check.ts';
import type { Problem } from '../runbooks/errors.ts';
import type { ActiveFreeze, FreezeBlock } from '../runbooks/freeze-block.ts';
import type { LedgerEvent } from '../runbooks/events.ts';
import type { PlannedMigration } from '../runbooks/migrations.ts';
import type { WatchOutlook } from '../runbooks/outlook.ts';
import type { Awaits } from '../runbooks/inconclusive.ts';
import type { Action, KeepPlan, Release, RolloutKind, Runbook, TargetState } from '../runbooks/runbook.ts';
import type { GatePolicy } from '../runbooks/gates.ts';
import type { ServiceFile, SmokeCheck } from '../runbooks/service.ts';
import type { Verdict } from '../runbooks/verdict.ts';
import type { AnnounceActivities, PagingActivities } from './telling.ts';

/**
 * What the façade resolves once for a rollout and freezes into its input: no secrets, no addresses of people.
 * Durations in ms.
 */
export type Settings = {
  readonly queues: { readonly main: string; readonly watch: string; readonly tell: string };
  /** Heartbeat timeout of every activity that heartbeats: how long a gate is blind after its worker died. */
  readonly heartbeatMs: number;
  /** startToClose of one write to a target: after this a dead worker's write is tried again. */
  readonly writeMs: number;
  /** How long a write is tried again before the step counts as failed. */
  readonly writeForMs: number;
  /** How long the end of a rollout waits for the ledger before `deliver` takes the rest over. */
  readonly ledgerPatienceMs: number;
};

/** A file that went into the input, as it was read. */
export type SourceFile = { readonly path: string; readonly sha256: string; readonly text: string };

/** Versioned input of `rollout` and `plan`; at most 64 KiB of JSON. */
export type RolloutInput = {
  readonly format: 'sluice-input/1';
  readonly rolloutId: string;
  readonly kind: RolloutKind;
  readonly environment: string;
  /** `null`: the last good release (rollback, recover). */
  readonly version: string | null;
  readonly actor: Actor;
  readonly reason: string | null;
  readonly requestedAt: string;
  /** The flag that is moved, and to what percentage; only for that kind. */
  readonly flag?: { readonly name: string; readonly percent: number };
  /** The incident that this deploy mends; no watch is too short for it. */
  readonly hotfix?: string;
  /** The rollout that is taken back or recovered. */
  readonly of: string | null;
  /** Checks that the actor passes over, each with a reason; left out: none. */
  readonly overrides?: readonly Override[];
  readonly service: ServiceFile;
  readonly files: readonly SourceFile[];
  readonly settings: Settings;
};

/** A runbook that may run: frozen, hashed, with the fence epoch above everything the target has seen. */
export type Prepared = {
  readonly ok: true;
  readonly runbook: Runbook;
  readonly hash: string;
  readonly epoch: number;
  readonly warnings: readonly string[];
  /** What the first watch will be able to tell; left out where nothing is watched. No part of the hash. */
  readonly outlook?: WatchOutlook;
  /** Checks that stood against it and were passed over. */
  readonly overridden?: readonly Overridden[];
  /** The `keep` workflow that still holds the old version and has to be claimed first. */
  readonly keep: string | null;
};
export type Refused = { readonly ok: false; readonly problems: readonly Problem[] };
export type Preparation = Prepared | Refused;

/** The one service and environment that an activity works on. */
export type Place = { readonly service: string; readonly environment: string };

/** A write to a target. Idempotent by `key`; refused by the target below its highest `fence`. */
export type WriteInput = {
  readonly rolloutId: string;
  readonly place: Place;
  readonly file: ServiceFile;
  readonly action: Action;
  readonly key: string;
  readonly fence: number;
};

/** One phase of the migrations of an environment. */
export type MigrateInput = {
  readonly rolloutId: string;
  readonly place: Place;
  readonly file: ServiceFile;
  readonly release: Release;
  readonly level: string | null;
  readonly migrations: readonly PlannedMigration[];
  readonly withinMs: number;
};

export type ReadyInput = {
  readonly place: Place;
  readonly file: ServiceFile;
  readonly release: Release;
  /** Fewer than this many are not enough, however many the target wants; absent: what the target wants. */
  readonly instances?: number;
  readonly withinMs: number;
};

export type SmokeInput = {
  readonly place: Place;
  readonly file: ServiceFile;
  readonly version: string;
  readonly checks: readonly SmokeCheck[];
};

export type VerifyInput = {
  readonly place: Place;
  readonly file: ServiceFile;
  readonly release: Release;
  readonly withinMs: number;
  readonly smoke: readonly SmokeCheck[];
  readonly gates: GatePolicy;
};

export type ObserveInput = { readonly place: Place; readonly file: ServiceFile; readonly settings: Settings };

/** What runs, and why the metrics of what runs can't be read (`null`: they can, or nothing runs). */
export type Observation = { readonly state: TargetState; readonly blind: string | null };

/** Gate state passed from watch to watch: plain JSON, at most 16 KiB; `null` before the first. */
export type GateCarry = { readonly [key: string]: unknown } | null;

/** One watch: samples until `endsAt` (ISO) and judges; a retry resumes with the same deadline. */
export type WatchInput = {
  readonly rolloutId: string;
  readonly watch: number;
  readonly place: Place;
  readonly file: ServiceFile;
  readonly canary: string;
  readonly baseline: string | null;
  /** The version that ran before, whose past the gate learns from; `null`: none did. */
  readonly stable: string | null;
  readonly percent: number;
  /** All watches of the runbook: the gate's budget is one for them all. */
  readonly plan: { readonly windowMs: number; readonly percents: readonly number[] };
  readonly gates: GatePolicy;
  readonly startsAt: string;
  readonly endsAt: string;
  /** Zero of the watches' clock: the start of the rollout's first watch. */
  readonly zeroAt: string;
  readonly carry: GateCarry;
  /** Ends before its time, with `met`, once this has come; `null`: nothing is waited for. */
  readonly awaits: Awaits | null;
  /** Metrics that are silent for so long end it as inconclusive; `null`: only its time does. */
  readonly silenceMs: number | null;
};
export type WatchOutput = { readonly verdict: Verdict; readonly carry: GateCarry; readonly met: boolean };

export type ClaimInput = { readonly keep: string; readonly by: string };
/** `retired`: versions the keep had already taken away. */
export type ClaimOutput = {
  readonly retired: readonly string[];
  /** Whether the database has lost what they needed. */
  readonly contracted?: boolean;
};

/** Activities of the main queue. Each is safe to repeat; its implementation's doc comment names the key. */
export type Activities = {
  prepare(input: RolloutInput): Promise<Preparation>;
  observe(input: ObserveInput): Promise<Observation>;
  preflight(input: RolloutInput, runbook: Runbook): Promise<void>;
  /** The freeze that is on now and lasts longest; `null`: none is. */
  freeze(windows: FreezeBlock['windows']): Promise<ActiveFreeze | null>;
  /** What the workflow that asks waits for just now, in sentences; `null`: nothing is under way. */
  pendingWork(): Promise<string | null>;
  claimKeep(input: ClaimInput): Promise<ClaimOutput>;
  /** Adds to the database what the release needs. */
  migrate(input: MigrateInput): Promise<string>;
  /** Takes away from it what no version needs any more. */
  contract(input: MigrateInput): Promise<string>;
  deploy(input: WriteInput): Promise<void>;
  ready(input: ReadyInput): Promise<void>;
  smoke(input: SmokeInput): Promise<string>;
  shift(input: WriteInput): Promise<void>;
  promote(input: WriteInput): Promise<void>;
  retire(input: WriteInput): Promise<void>;
  scale(input: WriteInput): Promise<void>;
  flag(input: WriteInput): Promise<void>;
  verify(input: VerifyInput): Promise<{ readonly recovered: boolean; readonly sentence: string }>;
  record(events: readonly LedgerEvent[]): Promise<void>;
  /** Finds rollouts that are open in the ledger and have no run, and starts their way back. */
  sweep(): Promise<readonly string[]>;
};

/** Activities of the queue of what is told, which has slots of its own: people who can't be reached hold up no rollout. */
export type TellActivities = PagingActivities & AnnounceActivities;

/** Activities of the watch queue, which has slots of its own. */
export type WatchActivities = { watch(input: WatchInput): Promise<WatchOutput> };

/** Input of `keep`: what stays ready after a promotion, and how long. */
export type KeepInput = {
  readonly rolloutId: string;
  readonly place: Place;
  readonly file: ServiceFile;
  readonly plan: KeepPlan;
  /** What was promoted, and who asked for it; absent: started by an older Sluice. */
  readonly release: Release;
  readonly requester?: Actor;
  readonly epoch: number;
  readonly settings: Settings;
};
