import type { LedgerMigration } from '../migrations.ts';

/** The message of each rollout in Slack and the lines of its thread; `ts` null: being posted. */
export const ledger0004: LedgerMigration = {
  name: '0004-slack',
  up: [
    `create table slack_messages (
      rollout_id text primary key,
      channel text not null,
      ts text,
      permalink text,
      revision integer not null,
      refused text
    )`,
    `create table slack_lines (
      rollout_id text not null,
      event_id text not null,
      ts text,
      primary key (rollout_id, event_id)
    )`,
  ],
};
