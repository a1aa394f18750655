import type { MigrationsLook, PlannedMigration } from '../../runbooks/migrations.ts';
import type { Release } from '../../runbooks/runbook.ts';

/** What a look is for: the release that is moved to, and the one that may have to be returned to. */
export type LookRequest = { readonly to: Release; readonly from: Release | null };

/** One phase to be run. Idempotent: what was done is done, what was broken off goes on. */
export type PhaseRequest = {
  readonly rolloutId: string;
  readonly release: Release;
  /** Migration level that the release is recorded with. */
  readonly level: string | null;
  readonly migrations: readonly PlannedMigration[];
  /** Ms since the epoch at which the phase is given up. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Called now and then: the work goes on. */
  readonly alive: () => void;
};

/**
 * One way to change a service's database. Errors are `SluiceError`s: MIGRATION_* (final), DATABASE_UNAVAILABLE and
 * MIGRATION_BLOCKED (asking again may help).
 */
export type MigrationDriver = {
  /** Reads only. */
  look(request: LookRequest): Promise<MigrationsLook>;
  /** Adds what the release needs, fills old rows, and records the release with its level. @returns a sentence */
  expand(request: PhaseRequest): Promise<string>;
  /** Takes away what no version needs any more. @returns a sentence */
  contract(request: PhaseRequest): Promise<string>;
};
