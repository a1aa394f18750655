import { expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { hashEvent } from '../../../src/store/chain.ts';
import type { Database } from '../../../src/store/schema.ts';
import { verifyChain } from '../../../src/store/verify.ts';
import type { ChainReport } from '../../../src/store/views.ts';
import type { Place } from './engines.ts';
import { onBothEngines } from './engines.ts';
import { alice, requested, stateBody, storyOf } from './story.ts';

/** Four events: the first two with a text. */
const write = async (place: Place): Promise<void> => {
  const ledger = await place.open();
  const say = storyOf('r1');
  await ledger.append([
    say(requested(), { actor: alice, texts: { reason: 'ship it' } }),
    say(stateBody('planning'), { texts: { note: 'hm' } }),
    say(stateBody('deploying')),
    say(stateBody('watching')),
  ]);
  await ledger.close();
};

/** As somebody would who owns the database. */
const tamper = async (db: Kysely<Database>, statement: string): Promise<void> => {
  for (const one of [
    'alter table events disable trigger events_stay',
    statement,
    'alter table events enable always trigger events_stay',
  ]) {
    await sql.raw(one).execute(db);
  }
};

/** What the check finds after the statement, which is taken back again. */
const findsAfter = async (db: Kysely<Database>, statement: string): Promise<ChainReport> => {
  const transaction = await db.startTransaction().execute();
  try {
    await tamper(transaction, statement);
    return await verifyChain(transaction);
  } finally {
    await transaction.rollback().execute();
  }
};

const copyOf = (position: number, changes: string): string =>
  `insert into events (position, rollout_id, event_id, at, actor, body, text_hashes, previous_hash, hash)
   select ${changes} from events where position = ${position}`;

/** Puts another event in the place of the last, with a hash that is right: only the noted end tells. */
const lastReplaced = async (db: Kysely<Database>): Promise<string> => {
  const row = await db.selectFrom('events').selectAll().where('position', '=', 4).executeTakeFirstOrThrow();
  const body = stateBody('held');
  const { position, rollout_id: rolloutId, event_id: id, at, actor, text_hashes: textHashes } = row;
  const hash = hashEvent(row.previous_hash, { position, rolloutId, id, at, actor, body, textHashes });
  return `update events set body = '${JSON.stringify(body)}', hash = '${hash}' where position = 4`;
};

const tampered: readonly (readonly [string, string, number, string])[] = [
  ['a body', `update events set body = body || '{"until": "now"}' where position = 3`, 3, 'content'],
  ['a time', `update events set at = at + interval '1 ms' where position = 2`, 2, 'content'],
  [
    'who said it',
    `update events set actor = jsonb_set(actor, '{id}', '"eve"') where position = 1`,
    1,
    'content',
  ],
  ['the hash of a text', `update events set text_hashes = '{}' where position = 2`, 2, 'content'],
  ['a hash', `update events set hash = repeat('a', 64) where position = 2`, 2, 'content'],
  ['the last hash', `update events set hash = repeat('a', 64) where position = 4`, 4, 'content'],
  ['the link', `update events set previous_hash = repeat('a', 64) where position = 3`, 3, 'continue'],
  ['a row is taken out', 'delete from events where position = 2', 2, 'missing'],
  ['the end is cut off', 'delete from events where position > 2', 3, 'missing'],
  ['all is gone', 'truncate events', 1, 'missing'],
  [
    'a row is put behind the end',
    copyOf(4, `5, rollout_id, 'forged', at, actor, body, text_hashes, hash, repeat('b', 64)`),
    5,
    'put in behind',
  ],
  ['a text', `update texts set text = 'stop it' where name = 'reason'`, 1, '"reason" is not the one written'],
  ['a text is gone', `delete from texts where name = 'note'`, 2, '"note" is gone, and was not erased'],
  [
    'a text is added',
    `insert into texts (rollout_id, event_id, name, salt, text) values ('r1', 'rollout/3', 'reason', 'ab', 'x')`,
    3,
    '"reason" was added later',
  ],
];

onBothEngines((engine) => {
  test('the chain tells what was changed behind its back, and where', async () => {
    const place = await engine.place();
    await write(place);
    await place.behind(async (db) => {
      for (const [title, statement, position, why] of tampered) {
        expect({ title, ...(await findsAfter(db, statement)) }).toEqual({
          title,
          ok: false,
          events: position - 1,
          position,
          why: expect.stringContaining(why),
        });
      }
      expect(await findsAfter(db, await lastReplaced(db))).toMatchObject({
        ok: false,
        position: 4,
        why: 'it was replaced',
      });
      expect(await verifyChain(db)).toMatchObject({ ok: true, events: 4 });
    });
  });

  test('a chain that was cut off shows it also after it was continued', async () => {
    const place = await engine.place();
    await write(place);
    await place.behind((db) => tamper(db, 'delete from events where position > 2'));
    const ledger = await place.open();
    await ledger.append([storyOf('r2')(requested())]);
    expect(await ledger.verifyChain()).toMatchObject({ ok: false, position: 3, why: 'it is missing' });
  });

  test('the database itself refuses to change or remove events', async () => {
    const place = await engine.place();
    await write(place);
    await place.behind(async (db) => {
      for (const statement of ['update events set at = at', 'delete from events', 'truncate events']) {
        await expect(sql.raw(statement).execute(db)).rejects.toThrow('append-only');
      }
      // Also to a session that replays another server's changes.
      await sql`set session_replication_role = replica`.execute(db);
      await expect(sql`delete from events`.execute(db)).rejects.toThrow('append-only');
      expect(await verifyChain(db)).toMatchObject({ ok: true, events: 4 });
    });
  });

  test('a text can be erased, and the chain stays whole', async () => {
    const place = await engine.place();
    await write(place);
    const ledger = await place.open();
    expect(await ledger.eraseTexts('r1', 'rollout/1')).toBe(1);
    expect(await ledger.eraseTexts('r1', 'rollout/1')).toBe(0);
    expect(await ledger.eraseTexts('r1', 'rollout/2', 'reason')).toBe(0);

    expect(await ledger.verifyChain()).toMatchObject({ ok: true, events: 4 });
    expect(await ledger.rollout('r1')).toMatchObject({ reason: null });
    const [first, second] = await ledger.events({ after: 0, limit: 2 });
    expect(first?.texts).toEqual({ reason: null });
    expect(second?.texts).toEqual({ note: 'hm' });
    // The writer that never heard back may still say it again.
    const again = storyOf('r1')(requested(), { actor: alice, texts: { reason: 'ship it' } });
    expect(await ledger.append([again])).toMatchObject([{ position: 1, texts: { reason: null } }]);
  });

  test('a long chain is read page by page', async () => {
    const ledger = await engine.ledger();
    const say = storyOf();
    await ledger.append(Array.from({ length: 450 }, () => say(stateBody('held'), { texts: { note: 'x' } })));
    const head = await ledger.head();
    expect(await ledger.verifyChain()).toEqual({ ok: true, events: head.position, head });
  });
});
