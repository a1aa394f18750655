import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { sayFinding } from '../../../activities/migrations/sql/finding.ts';
import type { Phase, SqlFile } from '../../../activities/migrations/sql/folder.ts';
import { judgeFile } from '../../../activities/migrations/sql/judge-file.ts';
import { parseSql } from '../../../activities/migrations/sql/parse.ts';

const fileOf = (text: string, path = 'expand.sql'): SqlFile => ({
  path,
  text,
  sha256: createHash('sha256').update(text).digest('hex'),
});

const judge = async (text: string, phase: Phase = 'expand') => {
  const file = fileOf(text, `${phase}.sql`);
  return judgeFile(phase, file, await parseSql(file));
};
const kinds = async (text: string, phase: Phase = 'expand') => (await judge(text, phase)).map(({ is }) => is);

describe('an expand migration may', () => {
  test.each([
    'ALTER TABLE users ADD COLUMN email text',
    "ALTER TABLE users ADD COLUMN plan text NOT NULL DEFAULT 'free'",
    'ALTER TABLE users ADD COLUMN seen timestamptz DEFAULT now()',
    'ALTER TABLE users ADD COLUMN team bigint REFERENCES teams(id)',
    'ALTER TABLE users ALTER COLUMN name DROP NOT NULL, ALTER COLUMN plan SET DEFAULT 3',
    'ALTER TABLE users ADD CONSTRAINT c CHECK (plan <> 0) NOT VALID',
    'ALTER TABLE users VALIDATE CONSTRAINT c',
    'ALTER TABLE users ADD CONSTRAINT u UNIQUE USING INDEX users_email',
    'CREATE TABLE a (id bigserial PRIMARY KEY, b int NOT NULL UNIQUE CHECK (b > 0))',
    'CREATE TABLE a (id int); CREATE INDEX i ON a (id); INSERT INTO a SELECT 1; ALTER TABLE a ADD PRIMARY KEY (id)',
    'CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON users (email)',
    "INSERT INTO plans VALUES (1, 'free')",
    "ALTER TYPE mood ADD VALUE 'fine'",
    'CREATE VIEW v AS SELECT 1; COMMENT ON VIEW v IS $$x; DROP TABLE users$$; GRANT SELECT ON v TO reader',
    "-- DROP TABLE users;\n/* ALTER TABLE users DROP COLUMN a; */ SELECT 'TRUNCATE users'",
  ])('%s', async (text) => {
    expect(await judge(text)).toEqual([]);
  });
});

describe('an expand migration may not', () => {
  test.each([
    ['DROP TABLE users', 'drops the table users'],
    ['drop/* */table a.users, b', 'drops the table a.users, b'],
    ['DROP INDEX CONCURRENTLY i', 'drops the index i'],
    ['ALTER TABLE users DROP COLUMN email', 'drops the column email of users'],
    ['ALTER TABLE users RENAME COLUMN email TO mail', 'renames the column email to mail'],
    ['ALTER TABLE users RENAME TO people', 'renames the table users to people'],
    ['ALTER TABLE users ALTER email TYPE varchar(5)', 'changes the type of the column email of users'],
    ['ALTER TABLE users ALTER email SET NOT NULL', 'makes the column email of users NOT NULL'],
    [
      'ALTER TABLE users ADD COLUMN a int NOT NULL',
      'adds the column a of users as NOT NULL without a default',
    ],
    ['TRUNCATE users', 'empties a table'],
    ['DELETE FROM users', 'deletes rows of users'],
    ["ALTER TYPE mood RENAME VALUE 'a' TO 'b'", 'renames the value a of a type'],
    ['REVOKE SELECT ON users FROM app', 'takes rights away'],
    ['ALTER TABLE users SET SCHEMA other', 'moves something to another schema'],
    ['ALTER TABLE users ENABLE ROW LEVEL SECURITY', 'hides rows of users'],
    ['ALTER TABLE users DETACH PARTITION p', 'takes a partition of users away'],
  ])('%s', async (text, says) => {
    const [finding, ...more] = await judge(text);
    expect([finding?.is, more]).toEqual(['destructive', []]);
    expect(finding?.says).toContain(says);
    expect(finding?.mend).not.toBe('');
  });

  test.each([
    ["DO $$ BEGIN EXECUTE 'DROP TABLE users'; END $$"],
    ['CALL clean_up()'],
    ["COPY users FROM '/tmp/x'"],
    ['ALTER TABLE users INHERIT people'],
    ['ALTER SYSTEM SET work_mem = 1'],
  ])('hide what it does: %s', async (text) => {
    expect(await kinds(text)).toEqual(['opaque']);
  });
});

describe('a long lock is found', () => {
  test.each([
    'CREATE INDEX i ON users (email)',
    'ALTER TABLE users ADD CONSTRAINT c CHECK (plan <> 0)',
    'ALTER TABLE users ADD FOREIGN KEY (team) REFERENCES teams(id)',
    'ALTER TABLE users ADD PRIMARY KEY (id)',
    'ALTER TABLE users ADD COLUMN id2 bigserial',
    'ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid()',
    'ALTER TABLE users ADD COLUMN r float DEFAULT 1 + random()',
    'ALTER TABLE users ADD COLUMN n text UNIQUE',
    'ALTER TABLE users ADD COLUMN n int CHECK (n > 0)',
    'ALTER TABLE users ADD COLUMN n int GENERATED ALWAYS AS (a + b) STORED',
    'ALTER TABLE users SET UNLOGGED',
    'UPDATE users SET email = mail',
    'INSERT INTO users SELECT * FROM old',
    'LOCK TABLE users',
    'REFRESH MATERIALIZED VIEW v',
    'CREATE TABLE a (id int); CREATE INDEX i ON users (email)',
  ])('%s', async (text) => {
    expect(await kinds(text)).toEqual(['locks']);
  });
});

describe('what can not be run here', () => {
  test.each([
    ['BEGIN', 'begins or ends a transaction'],
    ['COMMIT', 'begins or ends a transaction'],
    ['SET lock_timeout = 0', 'sets lock_timeout'],
    ['CREATE INDEX CONCURRENTLY ON users (email)', 'makes an index without a name'],
    ['VACUUM users', 'is maintenance'],
    ['ALTER TABLE a ADD b int; CREATE INDEX CONCURRENTLY i ON a (b)', 'CONCURRENTLY can not be run in the'],
  ])('%s', async (text, says) => {
    expect(await judge(text)).toEqual([expect.objectContaining({ is: 'invalid' })]);
    expect((await judge(text))[0]?.says).toContain(says);
  });

  test.each([
    ['UPDATE users SET a = b WHERE a IS NULL', 'has no LIMIT'],
    ['DELETE FROM users', 'must be an UPDATE or an INSERT'],
    ['UPDATE a SET b = 1; UPDATE a SET b = 2', 'must be one statement'],
  ])('a backfill such as %s', async (text, says) => {
    expect((await judge(text, 'backfill')).map((finding) => finding.says)).toEqual([
      expect.stringContaining(says),
    ]);
  });

  test('a backfill in batches may be run', async () => {
    const text =
      'UPDATE users SET email = mail WHERE id IN (SELECT id FROM users WHERE email IS NULL LIMIT 100)';
    expect(await judge(text, 'backfill')).toEqual([]);
  });
});

test('a contract takes away, and still may not hold a table for long', async () => {
  expect(
    await judge('ALTER TABLE users DROP COLUMN mail; DROP TABLE old; DO $$ BEGIN END $$', 'contract'),
  ).toEqual([]);
  expect(await kinds('CREATE INDEX i ON users (email)', 'contract')).toEqual(['locks']);
});

describe('places', () => {
  test('are file and line of the statement, whatever stands before it', async () => {
    const text = '-- näher an ÜTF-8 🎉\n\nALTER TABLE a ADD b int;\n\n  -- why\n  DROP TABLE c;\nTRUNCATE d';
    expect((await judge(text)).map(sayFinding)).toEqual([
      'expand.sql:6: drops the table c',
      'expand.sql:7: empties a table',
    ]);
  });

  test('of what is no SQL are PostgreSQL’s own', async () => {
    await expect(parseSql(fileOf('SELECT 1;\n\nALTER TABEL users ADD a int'))).rejects.toMatchObject({
      code: 'MIGRATION_INVALID',
      message: 'expand.sql:3: syntax error at or near "TABEL".',
      details: { line: 3 },
    });
    for (const text of ['', ' \n', '-- nothing', ';'])
      await expect(parseSql(fileOf(text))).rejects.toMatchObject({ code: 'MIGRATION_INVALID' });
  });
});
