import type { AccessBlock, GatePolicy, SmokeCheck } from './service.ts';

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
};

/** Every write to a target: the wanted state, never a delta, so that repeating it changes nothing. */
export type Action =
  | { readonly do: 'deploy'; readonly release: Release }
  | { readonly do: 'shift'; readonly weights: Weights }
  | { readonly do: 'promote'; readonly version: string }
  | { readonly do: 'retire'; readonly version: string };

/** `back` undoes the step; it is pushed before the step acts and lists traffic first. */
type StepBase = { readonly title: string; readonly back: readonly Action[] };

export type PreflightStep = StepBase & { readonly kind: 'preflight'; readonly checks: readonly string[] };
export type DeployStep = StepBase & {
  readonly kind: 'deploy';
  readonly release: Release;
  readonly withinMs: number;
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
  PreflightStep | DeployStep | SmokeStep | ShiftStep | WatchStep | PromoteStep | RetireStep | VerifyStep;

export type RolloutKind = 'deploy' | 'rollback' | 'recover';

/** What `keep` does after promotion: `now` lost its use, `warm` may still be returned to. */
export type KeepPlan = {
  readonly retireNow: readonly string[];
  readonly warm: string | null;
  readonly keepWarmMs: number;
};

/** How long a rollout waits for people, and what happens then. */
export type WaitPolicy = {
  /** A hold or an unanswered question ends in the way back after this. */
  readonly heldMs: number;
  /** Silence of the metrics, unanswered: the way back after this. */
  readonly noDataMs: number;
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
  readonly strategy: 'canary';
  readonly from: Release | null;
  readonly to: Release;
  readonly steps: readonly Step[];
  /** What is checked of the version that is returned to, after any way back. */
  readonly verify: { readonly withinMs: number; readonly smoke: readonly SmokeCheck[] };
  readonly keep: KeepPlan;
  readonly gates: GatePolicy;
  readonly waits: WaitPolicy;
  readonly access: AccessBlock;
};

/** What a step tells the target; nothing for the steps that only look. */
export const asAction = (step: Step): readonly Action[] => {
  switch (step.kind) {
    case 'deploy':
      return [{ do: 'deploy', release: step.release }];
    case 'shift':
      return [{ do: 'shift', weights: step.weights }];
    case 'promote':
      return [{ do: 'promote', version: step.release.version }];
    case 'retire':
      return [{ do: 'retire', version: step.version }];
    case 'preflight':
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
