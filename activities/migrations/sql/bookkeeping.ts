import type { Client } from 'pg';
import type { Release } from '../../../runbooks/runbook.ts';
import { fault } from '../fault.ts';
import type { Phase } from './folder.ts';

/** One phase of one migration, as the database remembers it. `done`: whether it came to its end. */
export type Applied = {
  readonly name: string;
  readonly phase: Phase;
  readonly sha256: string;
  readonly done: boolean;
  /** Statements that stand, of a phase that can not be one transaction. */
  readonly statements: number;
};

/** A release that was here, with the level that its code counts on. */
export type KnownRelease = { readonly digest: string; readonly level: string | null };

export type Books = { readonly applied: readonly Applied[]; readonly releases: readonly KnownRelease[] };

/** Two numbers that no other program locks by accident: "sluice", "migr". */
const lockKey = [0x736c7563, 0x6d696772] as const;

const tables = `
create table if not exists sluice_migrations (
  name text not null,
  phase text not null check (phase in ('expand', 'backfill', 'contract')),
  sha256 text not null,
  began_at timestamptz not null default now(),
  done_at timestamptz,
  statements integer not null default 0,
  rollout text not null,
  primary key (name, phase)
);
create table if not exists sluice_releases (
  digest text primary key,
  version text not null,
  level text,
  rollout text not null,
  at timestamptz not null default now()
);`;

/** What the service's own database remembers of migrations. Empty where Sluice has never written to it. */
export const readBooks = async (client: Client): Promise<Books> => {
  const there = await client.query<{ found: string | null }>(
    "select to_regclass('sluice_migrations')::text as found",
  );
  if ((there.rows[0]?.found ?? null) === null) return { applied: [], releases: [] };
  const applied = await client.query<Applied>(
    'select name, phase, sha256, done_at is not null as done, statements from sluice_migrations order by name, phase',
  );
  const releases = await client.query<KnownRelease>(
    'select digest, level from sluice_releases order by digest',
  );
  return { applied: applied.rows, releases: releases.rows };
};

/**
 * Runs `work` while nobody else migrates this database. The lock is the session's: a worker that died holds it until
 * the server notices, and then its statement has ended, too.
 *
 * @throws SluiceError MIGRATION_BLOCKED while another one holds it
 */
export const alone = async <T>(client: Client, work: () => Promise<T>): Promise<T> => {
  const got = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1, $2) as locked', [
    ...lockKey,
  ]);
  if (got.rows[0]?.locked !== true) {
    throw fault('MIGRATION_BLOCKED', {
      message: 'Another migration of this database is running.',
      hint: 'It is tried again; `select * from pg_stat_activity` shows who runs it.',
    });
  }
  await client.query(tables);
  const result = await work();
  await client.query('select pg_advisory_unlock($1, $2)', [...lockKey]);
  return result;
};

/** Writes down that a phase begins; what was begun before stays as it is. */
export const begin = async (
  client: Client,
  phase: { readonly name: string; readonly phase: Phase; readonly sha256: string; readonly rollout: string },
): Promise<void> => {
  await client.query(
    `insert into sluice_migrations (name, phase, sha256, rollout) values ($1, $2, $3, $4)
     on conflict (name, phase) do update set sha256 = excluded.sha256, rollout = excluded.rollout
     where sluice_migrations.done_at is null`,
    [phase.name, phase.phase, phase.sha256, phase.rollout],
  );
};

export const stands = async (
  client: Client,
  name: string,
  phase: Phase,
  statements: number,
): Promise<void> => {
  await client.query('update sluice_migrations set statements = $3 where name = $1 and phase = $2', [
    name,
    phase,
    statements,
  ]);
};

export const finish = async (client: Client, name: string, phase: Phase): Promise<void> => {
  await client.query(
    'update sluice_migrations set done_at = now() where name = $1 and phase = $2 and done_at is null',
    [name, phase],
  );
};

/** The first record counts: a release that comes back needs what it needed then. */
export const recordRelease = async (
  client: Client,
  { version, digest }: Release,
  level: string | null,
  rollout: string,
): Promise<void> => {
  await client.query(
    `insert into sluice_releases (digest, version, level, rollout) values ($1, $2, $3, $4)
     on conflict (digest) do nothing`,
    [digest, version, level, rollout],
  );
};
