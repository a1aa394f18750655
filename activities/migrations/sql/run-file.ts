import type { Client } from 'pg';
import { DatabaseError } from 'pg';
import { fault } from '../fault.ts';
import { begin, finish, stands } from './bookkeeping.ts';
import { unavailable, whyAway } from './database.ts';
import type { Phase, SqlFile } from './folder.ts';
import { standsAlone } from './judge-file.ts';
import { lineAt, parseSql } from './parse.ts';
import type { Statement } from './parse.ts';

export type Timeouts = { readonly lockMs: number; readonly statementMs: number };

/** What a phase of a migration is run with. */
export type PhaseRun = {
  readonly client: Client;
  readonly name: string;
  readonly phase: Phase;
  readonly file: SqlFile;
  readonly rollout: string;
  readonly timeouts: Timeouts;
  readonly deadline: number;
  readonly alive: () => void;
};

/** Runs a file: all of it and its record in one transaction, or, where that can't be, each statement with a record. */
export const runFile = async (run: PhaseRun): Promise<void> => {
  const statements = await parseSql(run.file);
  if (statements.some(({ node }) => standsAlone(node))) return runAlone(run, statements);
  const { client, name, phase } = run;
  await client.query('begin');
  try {
    await limit(client, run.timeouts, 'local');
    await begin(client, { name, phase, sha256: run.file.sha256, rollout: run.rollout });
    for (const statement of statements) {
      run.alive();
      await runStatement(run, statement);
    }
    await finish(client, name, phase);
    await client.query('commit');
  } catch (error) {
    await rollBack(client);
    throw error;
  }
};

/** Each pass is a transaction of its own and changes some rows; the one that changes none is the last. */
export const runBatches = async (run: PhaseRun): Promise<number> => {
  const { client, name, phase, file } = run;
  const [statement] = await parseSql(file);
  if (statement === undefined) return 0;
  await begin(client, { name, phase, sha256: file.sha256, rollout: run.rollout });
  await limit(client, run.timeouts, 'session');
  for (let rows = 0; ;) {
    run.alive();
    const changed = await runStatement(run, statement);
    rows += changed;
    if (changed === 0) {
      await finish(client, name, phase);
      return rows;
    }
    if (Date.now() > run.deadline) {
      throw fault('MIGRATION_FAILED', {
        message: `${file.path}:${String(statement.line)}: still changes rows after ${String(rows)} of them.`,
        hint: 'It goes on from there the next time. See that a row that was changed is not found again; or give migrations.within more time.',
        details: { path: file.path, line: statement.line, rows },
      });
    }
  }
};

const limit = async (client: Client, { lockMs, statementMs }: Timeouts, scope: 'local' | 'session') => {
  const local = scope === 'local';
  await client.query("select set_config('lock_timeout', $1, $3), set_config('statement_timeout', $2, $3)", [
    String(lockMs),
    String(statementMs),
    local,
  ]);
};

/** An index that is built, or dropped, beside the traffic: nobody waits for it, so it may take its time. */
const runAlone = async (run: PhaseRun, statements: readonly Statement[]): Promise<void> => {
  const { client, name, phase, file } = run;
  await begin(client, { name, phase, sha256: file.sha256, rollout: run.rollout });
  await limit(client, { lockMs: 0, statementMs: 0 }, 'session');
  for (const [i, statement] of statements.entries()) {
    run.alive();
    if (!(await already(client, statement))) await runStatement(run, statement);
    await stands(client, name, phase, i + 1);
  }
  await finish(client, name, phase);
};

/** Whether an earlier attempt came to its end without a record. What it left broken is cleared away. */
const already = async (client: Client, { node }: Statement): Promise<boolean> => {
  if (!('IndexStmt' in node)) return false;
  const { idxname = '', relation } = node.IndexStmt;
  const found = await client.query<{ name: string; valid: boolean }>(
    `select format('%I.%I', n.nspname, c.relname) as name, i.indisvalid as valid
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
     where c.relname = $1 and i.indrelid = to_regclass($2)`,
    [idxname, [relation?.schemaname, relation?.relname].filter(Boolean).join('.')],
  );
  const [index] = found.rows;
  if (index === undefined) return false;
  if (index.valid) return true;
  await client.query(`drop index concurrently ${index.name}`);
  return false;
};

const runStatement = async (run: PhaseRun, statement: Statement): Promise<number> => {
  try {
    const { rowCount } = await run.client.query(statement.text);
    return rowCount ?? 0;
  } catch (error) {
    throw failureOf(run, statement, error);
  }
};

/** PostgreSQL's own words, with file and line of the place that it means. */
const failureOf = ({ file, timeouts }: PhaseRun, statement: Statement, error: unknown): Error => {
  if (!(error instanceof DatabaseError) || whyAway(error) !== null) return unavailable(error);
  const offset = error.position === undefined ? 0 : Number(error.position) - 1;
  const line = statement.line + lineAt(statement.text, offset) - 1;
  const at = `${file.path}:${String(line)}`;
  const details = { path: file.path, line, code: error.code ?? null };
  if (error.code === '55P03') {
    return fault(
      'MIGRATION_BLOCKED',
      {
        message: `${at}: did not get its lock within ${String(timeouts.lockMs)} ms: somebody holds the table.`,
        hint: 'It is tried again. Look for a transaction that stays open (pg_stat_activity, "idle in transaction").',
        details,
      },
      error,
    );
  }
  const hint =
    error.code === '57014'
      ? 'It took longer than migrations.sql.statementTimeout, or was cancelled. What it had begun is undone.'
      : 'What it had begun is undone, and the old version goes on. Mend the file, then deploy again.';
  return fault('MIGRATION_FAILED', { message: `${at}: ${error.message}.`, hint, details }, error);
};

/** The connection may be gone: then the server has rolled back by itself. */
const rollBack = async (client: Client): Promise<void> => {
  try {
    await client.query('rollback');
  } catch (error) {
    if (whyAway(error) === null) throw error;
  }
};
