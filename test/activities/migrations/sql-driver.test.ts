import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Client } from 'pg';
import type { MigrationDriver, PhaseRequest } from '../../../activities/migrations/driver.ts';
import { sqlDriver } from '../../../activities/migrations/sql/sql-driver.ts';
import type { PlannedMigration } from '../../../runbooks/migrations.ts';
import type { Release } from '../../../runbooks/runbook.ts';
import { digest } from '../../runbooks/make.ts';
import type { PostgresServer } from '../../servers/postgres.ts';
import { startPostgres, withClient } from '../../servers/postgres.ts';
import { describeWithPostgres } from './describe.ts';
import { migrationsFolder, writeFiles } from './files.ts';
import { sqlOf } from './blocks.ts';

const release = (version: string, letter: string): Release => ({ version, digest: digest(letter) });
const [v1, v2, v3] = [release('1.0.0', 'a'), release('2.0.0', 'b'), release('3.0.0', 'c')] as const;

const add = 'ALTER TABLE users ADD COLUMN email text';
const fill =
  'UPDATE users SET email = mail WHERE id IN (SELECT id FROM users WHERE email IS NULL AND mail IS NOT NULL LIMIT 3)';

describeWithPostgres('migrations by SQL files, on a real PostgreSQL', () => {
  let server: PostgresServer;
  let url: string;
  let client: Client;
  let folder: string;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await server.createDatabase();
    ({ folder, remove } = await migrationsFolder({}));
    client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('create table users (id serial primary key, mail text)');
    await client.query("insert into users (mail) select 'user' || n from generate_series(1, 10) n");
  });
  afterEach(async () => {
    await client.end();
    await remove();
  });

  const driver = (changes = {}): MigrationDriver => {
    const sql = {
      url: 'env:DB',
      directory: folder,
      lockTimeout: '200ms',
      statementTimeout: '5s',
      ...changes,
    };
    return sqlDriver(sqlOf(sql), { DB: url });
  };
  const request = (
    migrations: readonly PlannedMigration[],
    changes: Partial<PhaseRequest> = {},
  ): PhaseRequest => ({
    rolloutId: 'r1',
    release: v2,
    level: '0001-email',
    migrations,
    deadline: Date.now() + 60_000,
    signal: new AbortController().signal,
    alive: () => undefined,
    ...changes,
  });
  const rows = async (text: string) => (await client.query(text)).rows as readonly Record<string, unknown>[];
  const expandAll = async (changes: Partial<PhaseRequest> = {}, settings = {}): Promise<string> => {
    const look = await driver(settings).look({ to: v2, from: v1 });
    expect(look.problems).toEqual([]);
    return driver(settings).expand(request(look.pending, changes));
  };

  test('a look writes nothing and says what is pending', async () => {
    await writeFiles(folder, { '0001-email/expand.sql': add, '0001-email/README.md': 'why' });
    const look = await driver().look({ to: v2, from: v1 });
    expect(look).toMatchObject({
      level: '0001-email',
      pending: [{ name: '0001-email' }],
      contractable: [],
      passed: {},
    });
    expect(await rows("select to_regclass('sluice_migrations') as found")).toEqual([{ found: null }]);
  });

  test('expand adds, fills old rows in batches, and is done once', async () => {
    await writeFiles(folder, { '0001-email/expand.sql': add, '0001-email/backfill.sql': fill });
    let alive = 0;
    const count = { alive: () => void (alive += 1) };
    expect(await expandAll(count)).toBe('added 0001-email, 10 rows filled');
    expect(alive).toBe(6);
    expect(await rows('select count(*)::int as n from users where email = mail')).toEqual([{ n: 10 }]);
    expect((await driver().look({ to: v2, from: v1 })).pending).toEqual([]);

    const migrations = await plannedBefore();
    expect(await driver().expand(request(migrations))).toBe('added 0001-email');
    expect(await rows('select version, level from sluice_releases')).toEqual([
      { version: '2.0.0', level: '0001-email' },
    ]);
  });

  /** What a plan held before anything was applied: checksums are of the files alone. */
  const plannedBefore = async (): Promise<readonly PlannedMigration[]> => {
    const other = await server.createDatabase();
    const sql = { url: 'env:DB', directory: folder };
    return (await sqlDriver(sqlOf(sql), { DB: other }).look({ to: v2, from: v1 })).pending;
  };

  test('a migration that fails half-way changes nothing, says where, and goes on once it is mended', async () => {
    await writeFiles(folder, {
      '0001-email/expand.sql': add,
      '0002-two/expand.sql':
        'ALTER TABLE users ADD COLUMN a int;\n\nALTER TABLE users\n  ADD COLUMN b no_such_type;',
    });
    await expect(expandAll()).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: `${path.join(folder, '0002-two/expand.sql')}:4: type "no_such_type" does not exist.`,
      details: { line: 4, code: '42704' },
    });
    const columns =
      "select column_name from information_schema.columns where table_name = 'users' order by 1";
    expect((await rows(columns)).map((row) => row['column_name'])).toEqual(['email', 'id', 'mail']);
    expect(await rows('select name from sluice_migrations')).toEqual([{ name: '0001-email' }]);
    expect(await rows('select * from sluice_releases')).toEqual([]);
    await writeFiles(folder, { '0002-two/expand.sql': 'ALTER TABLE users ADD COLUMN b int' });
    expect(await expandAll()).toBe('added 0002-two');
  });

  test('a table that somebody holds is not waited for, and nobody waits behind', async () => {
    await writeFiles(folder, { '0001-email/expand.sql': add });
    await client.query('begin');
    await client.query('select * from users');
    await expect(expandAll()).rejects.toMatchObject({
      code: 'MIGRATION_BLOCKED',
      message: expect.stringContaining('0001-email/expand.sql:1: did not get its lock within 200 ms'),
      details: { code: '55P03' },
    });
    await withClient(url, (other) => other.query('select count(*) from users'));
    await client.query('commit');
    expect(await expandAll()).toBe('added 0001-email');
  });

  test('a statement that takes too long is ended', async () => {
    await writeFiles(folder, { '0001-slow/expand.sql': 'SELECT pg_sleep(30)' });
    await expect(expandAll({}, { statementTimeout: '150ms' })).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      hint: expect.stringContaining('statementTimeout'),
      details: { code: '57014' },
    });
  });

  test('an abort ends the statement at the server', async () => {
    await writeFiles(folder, { '0001-slow/expand.sql': 'SELECT pg_sleep(30)' });
    const abort = new AbortController();
    const running = expandAll({ signal: abort.signal }, { statementTimeout: '1m' });
    const sleeping =
      "select count(*)::int as n from pg_stat_activity where query like 'SELECT pg_sleep%' and state = 'active'";
    while ((await rows(sleeping))[0]?.['n'] !== 1) await new Promise((resolve) => setTimeout(resolve, 10));
    abort.abort(new Error('the rollout goes back'));
    await expect(running).rejects.toThrow('the rollout goes back');
    while ((await rows(sleeping))[0]?.['n'] !== 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  test('two workers do not migrate at once', async () => {
    await writeFiles(folder, { '0001-email/expand.sql': add });
    await client.query('select pg_advisory_lock($1, $2)', [0x736c7563, 0x6d696772]);
    await expect(expandAll()).rejects.toMatchObject({ code: 'MIGRATION_BLOCKED' });
    await client.query('select pg_advisory_unlock_all()');
    expect(await expandAll()).toBe('added 0001-email');
  });

  test('an index is built beside the traffic; one that was broken off is built again', async () => {
    await writeFiles(folder, {
      '0001-index/expand.sql': 'CREATE UNIQUE INDEX CONCURRENTLY users_mail ON users (mail);',
    });
    await client.query("insert into users (mail) values ('user1')");
    await expect(expandAll()).rejects.toMatchObject({ code: 'MIGRATION_FAILED', details: { code: '23505' } });
    const index = "select indisvalid as valid from pg_index where indexrelid = to_regclass('users_mail')";
    expect(await rows(index)).toEqual([{ valid: false }]);
    await client.query('delete from users where id = 11');
    expect(await expandAll()).toBe('added 0001-index');
    expect(await rows(index)).toEqual([{ valid: true }]);
  });

  test('an index that was finished by a worker that died is found', async () => {
    await writeFiles(folder, {
      '0001-index/expand.sql': 'CREATE INDEX CONCURRENTLY users_mail ON users (mail);',
    });
    await client.query('create index users_mail on users (mail)');
    expect(await expandAll()).toBe('added 0001-index');
  });

  test('a backfill that finds its own rows again ends with its time, and says how far it was', async () => {
    await writeFiles(folder, {
      '0001-loop/expand.sql': 'SELECT 1',
      '0001-loop/backfill.sql': 'UPDATE users SET mail = mail WHERE id IN (SELECT id FROM users LIMIT 2)',
    });
    await expect(expandAll({ deadline: Date.now() })).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining('0001-loop/backfill.sql:1: still changes rows after 2'),
    });
  });

  test('a database that dies meanwhile, and one that is away, may be asked again', async () => {
    await writeFiles(folder, { '0001-slow/expand.sql': 'SELECT pg_sleep(30)' });
    const running = expandAll();
    const refusal = expect(running).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    const sleeping =
      "select pid from pg_stat_activity where query like 'SELECT pg_sleep%' and state = 'active'";
    while ((await rows(sleeping)).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await server.crash();
    await refusal;
    await expect(driver().look({ to: v2, from: v1 })).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await server.restart();
    expect((await driver().look({ to: v2, from: v1 })).pending).toHaveLength(1);
  });

  test('what was applied may not be edited, nor anything be put before it', async () => {
    await writeFiles(folder, { '0002-email/expand.sql': add });
    await expandAll();
    await writeFiles(folder, { '0002-email/expand.sql': `${add};`, '0001-late/expand.sql': 'SELECT 1' });
    expect((await driver().look({ to: v2, from: v1 })).problems).toMatchObject([
      {
        code: 'MIGRATION_CHANGED',
        message: expect.stringContaining('0002-email/expand.sql was edited after'),
      },
      { code: 'MIGRATION_INVALID', message: expect.stringContaining('0001-late sorts before 0002-email') },
    ]);
    await rm(path.join(folder, '0001-late'), { recursive: true });
    await rm(path.join(folder, '0002-email'), { recursive: true });
    expect((await driver().look({ to: v2, from: v1 })).warnings).toEqual([
      'Applied, but not in the folder any more: 0002-email.',
    ]);
  });

  test('what was planned is run, or nothing', async () => {
    await writeFiles(folder, { '0001-email/expand.sql': add });
    const { pending } = await driver().look({ to: v2, from: v1 });
    await writeFiles(folder, { '0001-email/expand.sql': 'DROP TABLE users' });
    await expect(driver().expand(request(pending))).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
    expect(await rows('select count(*)::int as n from users')).toEqual([{ n: 10 }]);
  });

  test('destructive statements and long locks are problems of the plan; locks may be let through', async () => {
    await writeFiles(folder, {
      '0001-bad/expand.sql': '\nALTER TABLE users DROP COLUMN mail;\nCREATE INDEX i ON users (mail);',
    });
    const { problems } = await driver().look({ to: v2, from: v1 });
    expect(problems.map(({ code, message }) => [code, message.replace(folder, '')])).toEqual([
      ['MIGRATION_DESTRUCTIVE', '/0001-bad/expand.sql:2: drops the column mail of users.'],
      ['MIGRATION_LOCKS', '/0001-bad/expand.sql:3: builds an index on users while nobody may write.'],
    ]);
    const lenient = await driver({ locks: 'warn' }).look({ to: v2, from: v1 });
    expect(lenient.problems).toHaveLength(1);
    expect(lenient.warnings).toEqual([expect.stringContaining('0001-bad/expand.sql:3: builds an index')]);
  });

  test('contract fills once more, takes away, and leaves behind what was before', async () => {
    await writeFiles(folder, {
      '0001-email/expand.sql': add,
      '0001-email/backfill.sql': fill,
    });
    await driver().expand(request([], { release: v1, level: null }));
    await expandAll();
    // The old version writes on until it is gone.
    await client.query("insert into users (mail) values ('late')");
    await writeFiles(folder, { '0001-email/contract.sql': 'ALTER TABLE users DROP COLUMN mail' });
    const look = await driver().look({ to: v3, from: v2 });
    expect(look).toMatchObject({
      pending: [],
      contractable: [{ name: '0001-email' }],
      passed: {},
      problems: [],
    });
    const contract = request(look.contractable, { release: v3 });
    expect(await driver().contract(contract)).toBe('took away 0001-email, 1 rows filled');
    expect(await rows("select count(*)::int as n from users where email = 'late'")).toEqual([{ n: 1 }]);
    expect(await driver().contract(contract)).toBe('took away 0001-email');

    const after = (to: Release, from: Release) => driver().look({ to, from });
    expect((await after(v1, v3)).passed).toEqual({ '1.0.0': '0001-email' });
    expect((await after(v2, v3)).passed).toEqual({});
    expect((await after(release('4.0.0', 'd'), v1)).passed).toEqual({ '1.0.0': '0001-email' });
    // Nobody knows what a release needs that was never seen here, but runs.
    expect((await after(release('4.0.0', 'd'), release('0.9.0', 'e'))).passed).toEqual({
      '0.9.0': '0001-email',
    });
  });
});
