import type { LedgerMigration } from '../migrations.ts';

/** What Slack asked for under which id, and what was answered: the same again is answered the same. */
export const ledger0005: LedgerMigration = {
  name: '0005-slack-requests',
  up: [
    `create table slack_requests (
      id text primary key,
      at timestamptz(3) not null,
      said text
    )`,
    'create index slack_requests_by_time on slack_requests (at)',
  ],
};
