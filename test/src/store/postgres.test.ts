import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { migrate, openLedger } from '../../../src/store/open.ts';
import { ledgerMigrations } from '../../../src/store/migrations.ts';
import { listenOnPostgres } from '../../../src/store/postgres-listener.ts';
import { withClient } from '../../servers/postgres.ts';
import { describeOnPostgres } from './engines.ts';
import { eventually } from './eventually.ts';
import { newId, requested, stateBody, storyOf } from './story.ts';

/** A way to the server that can go dead: what is sent is taken and never arrives. */
const frozenWire = async (url: string) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-wire-'));
  const target = path.join(new URLSearchParams(url.split('?')[1]).get('host') ?? '', '.s.PGSQL.5432');
  const ends = new Set<Socket>();
  let frozen = false;
  const proxy = createServer((near) => {
    const far = connect(target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      from.on('data', (bytes) => !frozen && to.write(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(path.join(folder, '.s.PGSQL.5432'), resolve));
  return {
    url: url.replace(/host=.*/, `host=${encodeURIComponent(folder)}`),
    freeze: () => (frozen = true),
    thaw: () => (frozen = false),
    close: async () => {
      for (const end of ends) end.destroy();
      await new Promise((resolve) => proxy.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
};

describeOnPostgres('a ledger on PostgreSQL', (server) => {
  test('is migrated by command, once, also by several at a time', async () => {
    const url = await server().createDatabase();
    await expect(openLedger({ url })).rejects.toMatchObject({
      code: 'LEDGER_SCHEMA',
      message: 'The database holds no ledger yet.',
      hint: expect.stringContaining('sluiced migrate'),
    });
    const done = await Promise.all([migrate(url), migrate(url), migrate(url)]);
    expect(done.flat()).toEqual(ledgerMigrations.map(({ name }) => name));
    expect(await migrate(url)).toEqual([]);
    const ledger = await openLedger({ url });
    expect(await ledger.verifyChain()).toMatchObject({ ok: true, events: 0 });
    await ledger.close();
  });

  test('may be one step ahead of the program, and no more; never behind', async () => {
    const url = await server().createDatabase();
    await migrate(url);
    const run = (statement: string) => withClient(url, (client) => client.query(statement));

    await run(`insert into schema_migrations (name, timestamp) values ('9998-next', 'now')`);
    const ledger = await openLedger({ url });
    await ledger.append([storyOf()(requested())]);
    await ledger.close();
    expect(await migrate(url)).toEqual([]);

    await run(`insert into schema_migrations (name, timestamp) values ('9999-after-next', 'now')`);
    const ahead = { code: 'LEDGER_SCHEMA', message: expect.stringContaining('9998-next, 9999-after-next') };
    await expect(openLedger({ url })).rejects.toMatchObject(ahead);
    await expect(migrate(url)).rejects.toMatchObject(ahead);

    await run('delete from schema_migrations');
    await expect(openLedger({ url })).rejects.toMatchObject({ code: 'LEDGER_SCHEMA' });
  });

  test('is told apart: wrong URL, wrong database, no server', async () => {
    const url = await server().createDatabase();
    const wrong = url.replace(/\/test_\d+/, '/no_such_database');
    await expect(openLedger({ url: wrong })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(openLedger({ url: 'postgres://u:secret@127.0.0.1:1/x' })).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      message: expect.not.stringContaining('secret'),
    });
    await expect(openLedger({ url: 'mysql://u:secret@host/x' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.not.stringContaining('secret'),
    });
  });

  test('survives its server: calls fail meanwhile, subscribers miss nothing', async () => {
    const url = await server().createDatabase();
    await migrate(url);
    const warnings: string[] = [];
    const ledger = await openLedger({ url, onWarning: (sentence) => warnings.push(sentence) });
    const told: number[] = [];
    const id = newId();
    const say = storyOf(id);
    ledger.subscribe(0, (events) => told.push(...events.map((event) => event.position)));
    await ledger.append([say(requested())]);
    await eventually(() => told.length === 1);

    await server().crash();
    const second = say(stateBody('planning'));
    await expect(ledger.append([second])).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    await expect(ledger.head()).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    await server().restart();
    await ledger.append([second, say(stateBody('deploying'))]);
    await eventually(() => told.length === 3);
    expect(told).toEqual([1, 2, 3]);
    expect(warnings).toContainEqual(expect.stringContaining('notifications stopped'));
    await ledger.close();
  });

  test('a server that dies in the middle of a query fails that query, not the process', async () => {
    const url = await server().createDatabase();
    await migrate(url);
    const ledger = await openLedger({ url, onWarning: () => undefined });
    await withClient(url, async (client) => {
      await client.query('begin');
      await client.query('lock table events in access exclusive mode');
      const settled = Promise.allSettled([ledger.verifyChain(), ledger.events({ after: 0, limit: 1 })]);
      // On a connection of its own: within a transaction the view stays as it was first seen.
      await withClient(url, async (other) => {
        const count = `select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock'`;
        let blocked = 0;
        while (blocked < 2) blocked = (await other.query<{ n: number }>(count)).rows[0]?.n ?? 0;
      });
      await server().crash();
      const failed = { status: 'rejected', reason: { code: 'LEDGER_UNAVAILABLE' } };
      expect(await settled).toMatchObject([failed, failed]);
    });
    await server().restart();
    expect(await ledger.append([storyOf()(requested())])).toHaveLength(1);
    await ledger.close();
  });

  test('what was written while nobody could listen is told as soon as one can', async () => {
    const url = await server().createDatabase();
    const name = /test_\d+/.exec(url)?.[0] ?? '';
    await migrate(url);
    const warnings: string[] = [];
    const ledger = await openLedger({ url, onWarning: (sentence) => warnings.push(sentence) });
    const other = await openLedger({ url });
    const told: number[] = [];
    const say = storyOf();
    ledger.subscribe(0, (events) => told.push(...events.map((event) => event.position)));
    await other.append([say(requested())]);
    await eventually(() => told.length === 1);

    await withClient(url.replace(name, 'postgres'), async (client) => {
      // New connections are refused; the one that `other` has goes on.
      await client.query(`alter database ${name} with allow_connections false`);
      await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and query like 'listen%'`,
        [name],
      );
      await eventually(() => warnings.length >= 2);
      await other.append([say(stateBody('planning'))]);
      expect(told).toEqual([1]);
      await client.query(`alter database ${name} with allow_connections true`);
    });
    // Before the next heartbeat, which would find it too.
    await eventually(() => told.length === 2, 10_000);
    expect(told).toEqual([1, 2]);
    await Promise.all([ledger.close(), other.close()]);
  });

  test('a connection that went dead without a word is found by its heartbeat', async () => {
    const url = await server().createDatabase();
    const wire = await frozenWire(url);
    const warnings: string[] = [];
    let news = 0;
    const stop = listenOnPostgres(
      { connectionString: wire.url },
      () => (news += 1),
      (sentence) => warnings.push(sentence),
      { every: 100, answersWithin: 300 },
    );
    await eventually(() => news > 0);
    wire.freeze();
    await eventually(() => warnings.length > 0);
    const before = news;
    wire.thaw();
    await eventually(() => news > before);
    await stop();
    await wire.close();
  });

  test('a writer that stalls with the lock does not stop the others for ever', async () => {
    const url = await server().createDatabase();
    await migrate(url);
    const ledger = await openLedger({ url });
    await withClient(url, async (client) => {
      // The lock of the chain, as held by a process that was frozen in the middle of a transaction.
      await client.query('begin');
      await client.query('select pg_advisory_xact_lock($1)', [0x736c75696365]);
      const append = ledger.append([storyOf()(requested())]);
      await expect(append).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
      await client.query('rollback');
    });
    expect(await ledger.append([storyOf()(requested())])).toHaveLength(1);
    await ledger.close();
  });

  test('closing ends what was begun, also while it listens', async () => {
    const url = await server().createDatabase();
    await migrate(url);
    const ledger = await openLedger({ url });
    ledger.subscribe(0, () => undefined);
    await ledger.append([storyOf()(requested())]);
    await Promise.all([ledger.close(), ledger.close()]);
    await expect(ledger.head()).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    const others = `select count(*)::int as n from pg_stat_activity where application_name = 'sluice' and datname = current_database()`;
    const count = await withClient(url, async (client) => {
      const left = async () => (await client.query<{ n: number }>(others)).rows[0]?.n;
      let n = await left();
      for (const deadline = Date.now() + 10_000; n !== 0 && Date.now() < deadline;) n = await left();
      return n;
    });
    expect(count).toBe(0);
  });
});
