import type { LedgerMigration } from '../migrations.ts';

/** What the gate said of each sample, beside it. */
export const ledger0003: LedgerMigration = {
  name: '0003-sample-records',
  up: ['alter table watch_samples add column record jsonb'],
};
