import type { LedgerMigration } from '../migrations.ts';

/** Deploys that wait for the rollout before them: one per service and environment, as it was asked for. */
export const ledger0008: LedgerMigration = {
  name: '0008-queue',
  up: [
    `create table queue (
      service text not null,
      environment text not null,
      rollout_id text not null unique,
      mode text not null,
      behind text not null,
      wanted jsonb not null,
      at timestamptz(3) not null,
      taken_until timestamptz(3),
      primary key (service, environment)
    )`,
  ],
};
