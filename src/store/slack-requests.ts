import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { checkId } from './draft.ts';
import { storableJson, storableText } from './plain.ts';
import type { Database } from './schema.ts';

/** A request is signed for five minutes, and may be retried for a while where a socket broke. */
const keptFor = sql`interval '1 hour'`;
/** Whoever could not be told by then is told no more. */
const owedFor = sql`interval '7 days'`;

/** What was asked, as whoever asks again reads it, and where its answer goes. */
export type Owed = {
  readonly asked: object;
  readonly replyTo: object;
  /** How long whoever claims it is left alone with it: then it is dead, and another one goes on. */
  readonly leaseMs: number;
};

/** `said`: what was answered to the same request before. `at`: when it was heard first, ISO 8601. */
export type Claimed = { readonly fresh: boolean; readonly said: string | null; readonly at: string };

export type Due = Omit<Claimed, 'fresh'> & {
  readonly id: string;
  readonly asked: object | null;
  readonly replyTo: object | null;
};

const inMs = (ms: number) => sql<string>`now() + ${ms}::float8 * interval '1 millisecond'`;
const json = (value: object, place: string): string => JSON.stringify(storableJson(value, place));

/** `SlackStore.claim`. */
export const claimRequest = async (db: Kysely<Database>, id: string, owed: Owed): Promise<Claimed> => {
  await db
    .deleteFrom('slack_requests')
    .where('at', '<', sql<string>`now() - case when due_at is null then ${keptFor} else ${owedFor} end`)
    .execute();
  const inserted = await db
    .insertInto('slack_requests')
    .values({
      id: checkId('id of a request', id),
      at: sql<string>`now()`,
      said: null,
      asked: json(owed.asked, 'request'),
      reply_to: json(owed.replyTo, 'address'),
      due_at: inMs(owed.leaseMs),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('at')
    .executeTakeFirst();
  if (inserted !== undefined) return { fresh: true, said: null, at: inserted.at };
  const known = await db
    .selectFrom('slack_requests')
    .select(['said', 'at'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { fresh: false, ...known };
};

/** `SlackStore.keepSaid`. */
export const answerRequest = async (db: Kysely<Database>, id: string, said: string): Promise<string> => {
  const kept = await db
    .updateTable('slack_requests')
    .set({ said: sql<string>`coalesce(said, ${storableText(said)})` })
    .where('id', '=', id)
    .returning('said')
    .executeTakeFirst();
  return kept?.said ?? said;
};

/** `SlackStore.settle`. */
export const settleRequest = async (db: Kysely<Database>, id: string): Promise<void> => {
  await db
    .updateTable('slack_requests')
    .set({ asked: null, reply_to: null, due_at: null })
    .where('id', '=', id)
    .execute();
};

/** `SlackStore.putOff`. */
export const putOff = async (db: Kysely<Database>, id: string, ms: number): Promise<void> => {
  await db
    .updateTable('slack_requests')
    .set({ due_at: inMs(ms) })
    .where('id', '=', id)
    .where('due_at', 'is not', null)
    .execute();
};

/** `SlackStore.takeDue`. */
export const takeDue = async (db: Kysely<Database>, ms: number, limit: number): Promise<readonly Due[]> => {
  const rows = await db
    .updateTable('slack_requests')
    .set({ due_at: inMs(ms) })
    .where('id', 'in', (due) =>
      due
        .selectFrom('slack_requests')
        .select('id')
        .where('due_at', '<=', sql<string>`now()`)
        .orderBy('due_at')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'at', 'said', 'asked', 'reply_to'])
    .execute();
  return rows.map(({ reply_to, ...row }) => ({ ...row, replyTo: reply_to }));
};
