import type { SqlMigrations } from '../../../runbooks/migrations.ts';
import type { Environment } from '../../secrets.ts';
import type { MigrationDriver, PhaseRequest } from '../driver.ts';
import { fault } from '../fault.ts';
import { alone, readBooks, recordRelease } from './bookkeeping.ts';
import { withDatabase } from './database.ts';
import type { SqlMigration } from './folder.ts';
import { readMigrations } from './folder.ts';
import { isDone, lookAt, plannedContract, plannedExpand } from './look.ts';
import { runBatches, runFile } from './run-file.ts';
import type { PhaseRun } from './run-file.ts';

type Run = Pick<PhaseRun, 'client' | 'rollout' | 'timeouts' | 'deadline' | 'alive'>;

/** SQL files on PostgreSQL. The directory is absolute: the façade has resolved it. */
export const sqlDriver = (sql: SqlMigrations, env: Environment): MigrationDriver => {
  const database = { url: sql.url, env };
  const timeouts = { lockMs: sql.lockTimeout, statementMs: sql.statementTimeout };

  const phase = async (
    request: PhaseRequest,
    planned: (migration: SqlMigration) => { readonly sha256: string },
    each: (run: Run, migration: SqlMigration) => Promise<number>,
  ): Promise<number> => {
    const wanted = chosen(await readMigrations(sql.directory), request, planned);
    return withDatabase(
      database,
      (client) =>
        alone(client, async () => {
          const { rolloutId: rollout, deadline, alive } = request;
          let rows = 0;
          for (const migration of wanted) {
            rows += await each({ client, rollout, timeouts, deadline, alive }, migration);
          }
          await recordRelease(client, request.release, request.level, rollout);
          return rows;
        }),
      request.signal,
    );
  };

  return {
    look: async (request) => {
      const migrations = await readMigrations(sql.directory);
      const books = await withDatabase(database, readBooks);
      return lookAt(migrations, books, sql, request);
    },
    expand: async (request) => {
      const rows = await phase(request, plannedExpand, expandOne);
      return said('added', request, rows);
    },
    contract: async (request) => {
      const rows = await phase(request, plannedContract, contractOne);
      return said('took away', request, rows);
    },
  };
};

/** The planned migrations as they lie there now, if they are still the same. */
const chosen = (
  migrations: readonly SqlMigration[],
  { migrations: wanted }: PhaseRequest,
  planned: (migration: SqlMigration) => { readonly sha256: string },
): readonly SqlMigration[] =>
  wanted.map(({ name, sha256 }) => {
    const found = migrations.find((migration) => migration.name === name);
    if (found !== undefined && planned(found).sha256 === sha256) return found;
    throw fault('MIGRATION_CHANGED', {
      message: `The migration ${name} has ${found === undefined ? 'gone' : 'changed'} since it was planned.`,
      hint: 'Deploy again: the new plan shows what it is now.',
      details: { name },
    });
  });

const expandOne = async (run: Run, { name, expand, backfill }: SqlMigration): Promise<number> => {
  const books = await readBooks(run.client);
  if (!isDone(books, name, 'expand')) await runFile({ ...run, name, phase: 'expand', file: expand });
  if (backfill === null || isDone(books, name, 'backfill')) return 0;
  return runBatches({ ...run, name, phase: 'backfill', file: backfill });
};

const contractOne = async (run: Run, { name, backfill, contract }: SqlMigration): Promise<number> => {
  const books = await readBooks(run.client);
  if (contract === null || isDone(books, name, 'contract')) return 0;
  const rows = backfill === null ? 0 : await runBatches({ ...run, name, phase: 'backfill', file: backfill });
  await runFile({ ...run, name, phase: 'contract', file: contract });
  return rows;
};

const said = (did: string, { migrations }: PhaseRequest, rows: number): string => {
  if (migrations.length === 0) return 'nothing to change in the database';
  const filled = rows === 0 ? '' : `, ${String(rows)} rows filled`;
  return `${did} ${migrations.map(({ name }) => name).join(', ')}${filled}`;
};
