import type { LedgerMigration } from '../migrations.ts';

/** What a CI's token was taken for. Each is taken once: its number by its issuer is kept for as long as it counts. */
export const ledger0007: LedgerMigration = {
  name: '0007-ci-sessions',
  up: [
    `create table ci_sessions (
      sha256 text primary key,
      pipeline text not null,
      identity_sha256 text not null,
      issuer text not null,
      jti text not null,
      ends_at timestamptz(3) not null,
      jti_ends_at timestamptz(3) not null,
      unique (issuer, jti)
    )`,
  ],
};
