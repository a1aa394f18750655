import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { SluiceError } from '../../runbooks/errors.ts';
import { ledger0001 } from './migrations/0001-ledger.ts';
import { ledger0002 } from './migrations/0002-pages.ts';
import { ledger0003 } from './migrations/0003-sample-records.ts';
import { ledger0004 } from './migrations/0004-slack.ts';
import { ledger0005 } from './migrations/0005-slack-requests.ts';
import { ledger0006 } from './migrations/0006-slack-owed.ts';
import { ledger0007 } from './migrations/0007-ci-sessions.ts';
import { ledger0008 } from './migrations/0008-queue.ts';
import type { Database } from './schema.ts';

/**
 * One step of the schema. Statements rather than functions, so that their hash is the same before and after
 * compiling. Once released a step never changes, and only adds: the version before must run on its result.
 */
export type LedgerMigration = { readonly name: string; readonly up: readonly string[] };

/** In order of their names. */
export const ledgerMigrations: readonly LedgerMigration[] = [
  ledger0001,
  ledger0002,
  ledger0003,
  ledger0004,
  ledger0005,
  ledger0006,
  ledger0007,
  ledger0008,
];

const table = 'schema_migrations';
/** How many steps the schema may be ahead of this program: version N−1 runs on schema N. */
const aheadAllowed = 1;

/** SHA-256 (hex) of names and statements: a prepared ledger is used only if it was made by the same ones. */
export const migrationsHash = (migrations: readonly LedgerMigration[] = ledgerMigrations): string =>
  createHash('sha256').update(JSON.stringify(migrations)).digest('hex');

/**
 * Brings the schema up to this program's. Several at once are safe: one works, the others wait.
 * @returns the names of the steps that were missing
 * @throws SluiceError LEDGER_SCHEMA where the schema is more than one step ahead of this program
 */
export const runMigrations = async (
  db: Kysely<Database>,
  migrations: readonly LedgerMigration[] = ledgerMigrations,
): Promise<readonly string[]> => {
  const place = compareSchema(await appliedMigrations(db), migrations);
  if (place.is === 'ahead') return [];
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => Object.fromEntries(migrations.map(asKysely)) },
    migrationTableName: table,
    migrationLockTableName: `${table}_lock`,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error instanceof Error) throw error;
  if (error !== undefined) throw new Error('A step of the schema failed.', { cause: error });
  await sql`insert into meta (key, value) values ('migrations', to_jsonb(${migrationsHash(migrations)}::text))
    on conflict (key) do update set value = excluded.value`.execute(db);
  return (results ?? []).map((result) => result.migrationName);
};

const asKysely = (migration: LedgerMigration) =>
  [
    migration.name,
    {
      up: async (db: Kysely<unknown>): Promise<void> => {
        for (const statement of migration.up) await sql.raw(statement).execute(db);
      },
    },
  ] as const;

/**
 * Whether this program can work on the schema as it stands.
 * @throws SluiceError LEDGER_SCHEMA
 */
export const checkSchema = async (
  db: Kysely<Database>,
  migrations: readonly LedgerMigration[] = ledgerMigrations,
): Promise<void> => {
  const place = compareSchema(await appliedMigrations(db), migrations);
  if (place.is !== 'behind') return;
  throw new SluiceError({
    code: 'LEDGER_SCHEMA',
    message:
      place.applied === 0
        ? 'The database holds no ledger yet.'
        : `The ledger's schema lacks ${place.missing.join(', ')}.`,
    hint: 'Run `sluiced migrate` with the same ledger URL once, then start again.',
  });
};

type SchemaPlace =
  | { readonly is: 'same' | 'ahead' }
  | { readonly is: 'behind'; readonly applied: number; readonly missing: readonly string[] };

const compareSchema = (applied: readonly string[], migrations: readonly LedgerMigration[]): SchemaPlace => {
  const known = migrations.map((migration) => migration.name);
  const missing = known.filter((name) => !applied.includes(name));
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length > aheadAllowed || (unknown.length > 0 && missing.length > 0)) {
    throw new SluiceError({
      code: 'LEDGER_SCHEMA',
      message: `The ledger's schema was made by a newer Sluice: this one does not know ${unknown.join(', ')}.`,
      hint: 'Start a version of Sluice that is at most one step older than the schema.',
    });
  }
  if (unknown.length > 0) return { is: 'ahead' };
  return missing.length === 0 ? { is: 'same' } : { is: 'behind', applied: applied.length, missing };
};

/** Names in order; empty where there is no ledger at all. */
const appliedMigrations = async (db: Kysely<Database>): Promise<readonly string[]> => {
  const there = await sql<{ there: boolean }>`select to_regclass(${table}) is not null as there`.execute(db);
  if (there.rows[0]?.there !== true) return [];
  const names = await sql<{ name: string }>`select name from ${sql.table(table)} order by name`.execute(db);
  return names.rows.map((row) => row.name);
};
