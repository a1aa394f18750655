import type { CheckName } from './checks/check.ts';
import type { Problem } from './errors.ts';
import type { MigrationsLook } from './migrations.ts';
import type { Release, RolloutKind, Runbook, TargetState } from './runbook.ts';
import type { ServiceFile } from './service.ts';

/** Everything that a plan depends on: nothing else is read. */
export type PlanRequest = {
  readonly kind: RolloutKind;
  readonly service: ServiceFile;
  readonly environment: string;
  /** What to move to; for a rollback or a recovery: what to return to. */
  readonly release: Release;
  /** What the target says now. */
  readonly state: TargetState;
  /** The ledger's last good release of this service and environment. */
  readonly lastGood: Release | null;
  /** The flag that is moved, or that the environment's strategy ramps; absent: none. */
  readonly flag?: FlagWish;
  /** What the database says; absent where the environment declares no migrations. */
  readonly migrations?: MigrationsLook | undefined;
  /** Checks that are passed over, whatever they see; left out: none. */
  readonly overrides?: readonly CheckName[];
};

/** A flag: what its store says now, and what is wanted, in percent of the users. */
export type FlagWish = { readonly flag: string; readonly now: number; readonly wanted: number };

/** Narrow with `'problems' in result`. All problems at once; never an empty list of them. */
export type PlanResult =
  | { readonly runbook: Runbook; readonly warnings: readonly string[] }
  | { readonly problems: readonly Problem[] };
