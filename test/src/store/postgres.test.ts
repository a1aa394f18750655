import { expect, test } from '@jest/globals';
import { migrate, openLedger } from '../../../src/store/open.ts';
import { withClient } from '../../servers/postgres.ts';
import { describeOnPostgres } from './engines.ts';
import { eventually } from './eventually.ts';
import { newId, requested, stateBody, storyOf } from './story.ts';

describeOnPostgres('a ledger on PostgreSQL', (server) => {
  test('is migrated by command, once, also by several at a time', async () => {
    const url = await server().createDatabase();
    await expect(openLedger({ url })).rejects.toMatchObject({
      code: 'LEDGER_SCHEMA',
      message: 'The database holds no ledger yet.',
      hint: expect.stringContaining('sluiced migrate'),
    });
    const done = await Promise.all([migrate(url), migrate(url), migrate(url)]);
    expect(done.flat()).toEqual(['0001-ledger']);
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

    // By another process, before this one listens again: no notification will ever tell of it.
    const other = await openLedger({ url });
    await other.append([second, say(stateBody('deploying'))]);
    await other.close();
    await eventually(() => told.length === 3);
    await ledger.append([say(stateBody('ramping'))]);
    await eventually(() => told.length === 4);
    expect(told).toEqual([1, 2, 3, 4]);
    expect(warnings).toContainEqual(expect.stringContaining('notifications stopped'));
    await ledger.close();
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
