import type { Problem } from './errors.ts';
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
};

/** Narrow with `'problems' in result`. All problems at once; never an empty list of them. */
export type PlanResult =
  | { readonly runbook: Runbook; readonly warnings: readonly string[] }
  | { readonly problems: readonly Problem[] };
