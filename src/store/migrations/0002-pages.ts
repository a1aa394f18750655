import type { LedgerMigration } from '../migrations.ts';

/** What became of the pages about each rollout: a projection of its events. */
export const ledger0002: LedgerMigration = {
  name: '0002-pages',
  up: [
    `create table pages (
      rollout_id text not null,
      incident text not null,
      state text not null,
      severity text,
      summary text,
      url text,
      triggered_at timestamptz(3),
      acknowledged_at timestamptz(3),
      acknowledged_by jsonb,
      resolved_at timestamptz(3),
      resolved_by jsonb,
      late_since timestamptz(3),
      problem jsonb,
      primary key (rollout_id, incident)
    )`,
    'create index pages_of_incident on pages (incident)',
  ],
};
