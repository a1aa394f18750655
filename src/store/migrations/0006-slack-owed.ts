import type { LedgerMigration } from '../migrations.ts';

/** What somebody is still owed an answer to: any process can do it again and tell them, should this one die. */
export const ledger0006: LedgerMigration = {
  name: '0006-slack-owed',
  up: [
    `alter table slack_requests
      add column asked jsonb,
      add column reply_to jsonb,
      add column due_at timestamptz(3)`,
    'create index slack_requests_due on slack_requests (due_at) where due_at is not null',
  ],
};
