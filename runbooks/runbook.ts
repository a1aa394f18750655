import type { CheckName } from './checks/check.ts';
import type { ApprovalPlan } from './approval.ts';
import type { GatePolicy } from './gates.ts';
import type { RunbookMigrations } from './migrate-step.ts';
import type { ContractPlan, PlannedMigration } from './migrations.ts';
import type { AccessBlock, SmokeCheck } from './service.ts';
import type { StuckPolicy } from './stuck.ts';

/** A version and the digest (SHA-256, `sha256:<hex>`) of the immutable artifact behind it. */
export type Release = { readonly version: string; readonly digest: string };

/** Percent of the traffic per version, whole numbers that add up to 100. */
export type Weights = Readonly<Record<string, number>>;

/** One group of instances of one version on a target. */
export type Group = Release & { readonly instances: number; readonly ready: number };

/**
 * What a target says of one service. `stable` is the version that the target itself counts as promoted;
 * `fence` the highest fence it has seen (0: none): a write with a lower one is refused.
 */
export type TargetState = {
  readonly groups: readonly Group[];
  readonly weights: Weights;
  readonly stable: string | null;
  readonly fence: number;
  /** What is missing to tell a well instance from an ill one, in a sentence; absent: nothing. */
  readonly unprobed?: string | undefined;
};

/** Every write to a target: the wanted state, never a delta, so that repeating it changes nothing. */
export type Action =
  // Without `instances`: as many as the artifact, or the target itself, says.
  | { readonly do: 'deploy'; readonly release: Release; readonly instances?: number | undefined }
  | { readonly do: 'shift'; readonly weights: Weights }
  | ScaleAction
  | { readonly do: 'promote'; readonly version: string }
  | { readonly do: 'retire'; readonly version: string }
  | FlagAction;

/**
 * Wanted number of instances of a group; those that go finish their requests first. 0 keeps the group's definition, so
 * that it can be started again. Taking the last healthy instances away is refused, unless `downtime` declares it.
 */
export type ScaleAction = {
  readonly do: 'scale';
  readonly version: string;
  readonly instances: number;
  readonly downtime?: true | undefined;
};

/** Wanted percentage of the users who get a feature: told to the flag driver of the environment, not to the target. */
export type FlagAction = { readonly do: 'flag'; readonly flag: string; readonly percent: number };

/** What a target carries out. */
export type TargetAction = Exclude<Action, FlagAction>;

/** `back` undoes the step; it is pushed before the step acts and lists traffic first. */
type StepBase = { readonly title: string; readonly back: readonly Action[] };

export type PreflightStep = StepBase & { readonly kind: 'preflight'; readonly checks: readonly string[] };
/** The database grows by what the release needs; the old version goes on beside it. */
export type MigrateStep = StepBase & {
  readonly kind: 'migrate';
  /** Migration level that the release is recorded with. */
  readonly level: string | null;
  readonly migrations: readonly PlannedMigration[];
  readonly withinMs: number;
};
export type DeployStep = StepBase & {
  readonly kind: 'deploy';
  readonly release: Release;
  /** Absent: as many as the artifact, or the target itself, says. */
  readonly instances?: number | undefined;
  readonly withinMs: number;
};
/** More or fewer instances of a version that stands there. */
export type ScaleStep = StepBase & {
  readonly kind: 'scale';
  readonly release: Release;
  readonly instances: number;
  readonly downtime?: true | undefined;
  /** How long they may take to become ready; `null`: none are started, so nothing is waited for. */
  readonly withinMs: number | null;
};
/** A feature shown to a percentage of the users, without a deploy. */
export type ReleaseStep = StepBase & {
  readonly kind: 'release';
  readonly flag: string;
  readonly percent: number;
};
export type SmokeStep = StepBase & {
  readonly kind: 'smoke';
  readonly version: string;
  readonly checks: readonly SmokeCheck[];
};
export type ShiftStep = StepBase & {
  readonly kind: 'shift';
  /** Percent that the new version gets, as the service file says it. */
  readonly percent: number;
  readonly weights: Weights;
};
export type WatchStep = StepBase & {
  readonly kind: 'watch';
  /** The watch's number within the rollout, from 0: with the rollout's id the key of its samples. */
  readonly watch: number;
  readonly percent: number;
  readonly windowMs: number;
  readonly canary: string;
  /** `null`: no traffic is left on the old version. */
  readonly baseline: string | null;
};
export type PromoteStep = StepBase & { readonly kind: 'promote'; readonly release: Release };
export type RetireStep = StepBase & { readonly kind: 'retire'; readonly version: string };
export type VerifyStep = StepBase & {
  readonly kind: 'verify';
  readonly release: Release;
  readonly withinMs: number;
};

export type Step =
  | PreflightStep
  | MigrateStep
  | DeployStep
  | ScaleStep
  | SmokeStep
  | ShiftStep
  | ReleaseStep
  | WatchStep
  | PromoteStep
  | RetireStep
  | VerifyStep;

export const strategyNames = ['recreate', 'rolling', 'blue-green', 'canary', 'feature-flag'] as const;
export type StrategyName = (typeof strategyNames)[number];

export const rolloutKinds = ['deploy', 'rollback', 'recover', 'flag'] as const;
export type RolloutKind = (typeof rolloutKinds)[number];

/** What `keep` does after promotion: `now` lost its use, `warm` may still be returned to. */
export type KeepPlan = {
  readonly retireNow: readonly string[];
  readonly warm: string | null;
  readonly keepWarmMs: number;
  /** What the database loses when the old version is gone; absent: nothing. */
  readonly contract?: ContractPlan | undefined;
};

/** How long a rollout waits for people, and what happens then. */
export type WaitPolicy = {
  /** A hold or an unanswered question ends in the way back after this. */
  readonly heldMs: number;
  /** Silence of the metrics, unanswered: the way back after this. */
  readonly noDataMs: number;
  /** Absent: frozen before there was a watchdog, and none looks. */
  readonly stuck?: StuckPolicy | undefined;
};

/**
 * The plan of one rollout, made before anything runs, frozen and hashed: no times, no metrics. Durations in ms.
 * The same service file, state and release give the same bytes of canonical JSON.
 */
export type Runbook = {
  readonly format: 'sluice-runbook/1';
  readonly kind: RolloutKind;
  readonly service: string;
  readonly environment: string;
  readonly owners: readonly string[];
  readonly strategy: StrategyName;
  readonly from: Release | null;
  readonly to: Release;
  readonly steps: readonly Step[];
  /** What is checked of the version that is returned to, after any way back. */
  readonly verify: { readonly withinMs: number; readonly smoke: readonly SmokeCheck[] };
  readonly keep: KeepPlan;
  /** Absent: the environment declares no migrations. */
  readonly migrations?: RunbookMigrations | undefined;
  /** Absent: nobody is asked. */
  readonly approval?: ApprovalPlan | undefined;
  readonly gates: GatePolicy;
  readonly waits: WaitPolicy;
  readonly access: AccessBlock;
  /** Checks that are passed over, sorted; absent: none. */
  readonly overrides?: readonly CheckName[];
};

/** What a step tells the target; nothing for the steps that only look. */
export const asAction = (step: Step): readonly Action[] => {
  switch (step.kind) {
    case 'deploy': {
      const { release, instances } = step;
      return [{ do: 'deploy', release, ...(instances === undefined ? {} : { instances }) }];
    }
    case 'scale': {
      const { release, instances, downtime } = step;
      const declared = downtime === undefined ? {} : { downtime };
      return [{ do: 'scale', version: release.version, instances, ...declared }];
    }
    case 'shift':
      return [{ do: 'shift', weights: step.weights }];
    case 'release':
      return [{ do: 'flag', flag: step.flag, percent: step.percent }];
    case 'promote':
      return [{ do: 'promote', version: step.release.version }];
    case 'retire':
      return [{ do: 'retire', version: step.version }];
    case 'preflight':
    case 'migrate':
    case 'smoke':
    case 'watch':
    case 'verify':
      return [];
  }
};

/** JSON with sorted keys and no white space: equal runbooks give equal bytes. Undefined members are left out. */
export const canonicalJson = (value: unknown): string => {
  if (value === undefined) return 'null';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonicalJson(item)).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
};
