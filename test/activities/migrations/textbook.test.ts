import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PhaseRequest } from '../../../activities/migrations/driver.ts';
import { sqlDriver } from '../../../activities/migrations/sql/sql-driver.ts';
import type { Release } from '../../../runbooks/runbook.ts';
import { digest } from '../../runbooks/make.ts';
import type { PostgresServer } from '../../servers/postgres.ts';
import { startPostgres, withClient } from '../../servers/postgres.ts';
import { Application } from './application.ts';
import { describeWithPostgres } from './describe.ts';
import { migrationsFolder, writeFiles } from './files.ts';
import { sqlOf } from './blocks.ts';

// The textbook case: a column is replaced by another while two versions of an application write all the time.
// 1 knows `mail` alone; 2 writes both and reads the new one first; 3 knows `email` alone.

const release = (version: string, letter: string): Release => ({ version, digest: digest(letter) });
const [v1, v2, v3] = [release('1', 'a'), release('2', 'b'), release('3', 'c')] as const;

describeWithPostgres('add a nullable column, write both, backfill, read new, drop old', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  test('loses no write, and no version ever fails', async () => {
    const url = await server.createDatabase();
    await withClient(url, async (client) => {
      await client.query('create table users (id bigserial primary key, mail text)');
      await client.query("insert into users (mail) select 'old-' || n from generate_series(1, 5000) n");
    });
    const { folder, remove } = await migrationsFolder({
      '0001-email/expand.sql': 'ALTER TABLE users ADD COLUMN email text;\n',
      '0001-email/backfill.sql': [
        'UPDATE users SET email = mail',
        'WHERE id IN (SELECT id FROM users WHERE email IS DISTINCT FROM mail AND mail IS NOT NULL ORDER BY id LIMIT 500)',
      ].join('\n'),
    });
    const sql = { url: 'env:DB', directory: folder, lockTimeout: '2s' };
    const driver = sqlDriver(sqlOf(sql), { DB: url });
    const phase = async (to: Release, from: Release, what: 'expand' | 'contract'): Promise<string> => {
      const { pending, contractable, level, problems } = await driver.look({ to, from });
      expect(problems).toEqual([]);
      const request: PhaseRequest = {
        rolloutId: `to ${to.version}`,
        release: to,
        level,
        migrations: what === 'expand' ? pending : contractable,
        deadline: Date.now() + 120_000,
        signal: new AbortController().signal,
        alive: () => undefined,
      };
      return driver[what](request);
    };

    const one = await Application.start(url, 1);
    try {
      await one.wrote(200);

      // The rollout of 2: expand and backfill beside 1, then both take traffic, then 1 goes.
      expect(await phase(v2, v1, 'expand')).toMatch(/^added 0001-email, [0-9]+ rows filled$/);
      await one.wrote(200);
      const two = await Application.start(url, 2);
      await Promise.all([one.wrote(300), two.wrote(300)]);
      const oneWrote = await one.stop();
      await two.wrote(100);

      // The rollout of 3: both take traffic, then 2 goes, and the old column with it.
      await writeFiles(folder, { '0001-email/contract.sql': 'ALTER TABLE users DROP COLUMN mail;\n' });
      // Rows that 1 wrote after the first backfill: 3 would not see them.
      const late = await countOf(url, 'email is null and mail is not null');
      expect(late).toBeGreaterThan(0);
      expect(await phase(v3, v2, 'expand')).toBe('nothing to change in the database');
      const twoWrote = await two.stop();
      expect(await phase(v3, v2, 'contract')).toMatch(/^took away 0001-email, [0-9]+ rows filled$/);
      const three = await Application.start(url, 3);
      await three.wrote(200);
      const threeWrote = await three.stop();

      for (const { failures } of [oneWrote, twoWrote, threeWrote]) expect(failures).toEqual([]);
      const written = [oneWrote, twoWrote, threeWrote].flatMap(({ values }) => values);
      expect(written.length).toBeGreaterThan(1000);
      const kept = await withClient(url, async (client) => {
        const { rows } = await client.query<{ email: string | null }>('select email from users');
        return rows.map(({ email }) => email);
      });
      expect(kept).toHaveLength(5000 + written.length);
      const missing = written.filter((value) => !new Set(kept).has(value));
      expect(missing).toEqual([]);
      // And the way back from here is closed for 1, open for 2's level.
      expect((await driver.look({ to: v1, from: v3 })).passed).toEqual({});
      expect((await driver.look({ to: release('4', 'd'), from: v1 })).passed).toEqual({ '1': '0001-email' });
    } finally {
      await one.stop();
      await remove();
    }
  });
});

const countOf = (url: string, where: string): Promise<number> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ n: number }>(`select count(*)::int as n from users where ${where}`);
    return rows[0]?.n ?? 0;
  });
