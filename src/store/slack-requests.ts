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

/** What nobody needs any more goes now and then, not with every request. */
export const forgetRequests = async (db: Kysely<Database>): Promise<void> => {
  await db
    .deleteFrom('slack_requests')
    .where('at', '<', sql<string>`now() - case when due_at is null then ${keptFor} else ${owedFor} end`)
    .execute();
};

type Claim = {
  readonly id: string;
  readonly asked: string;
  readonly replyTo: string;
  readonly leaseMs: number;
};

/** As the table takes it. */
export const claimOf = (id: string, { asked, replyTo, leaseMs }: Owed): Claim => ({
  id: checkId('id of a request', id),
  asked: json(asked, 'request'),
  replyTo: json(replyTo, 'address'),
  leaseMs,
});

/** In one order everywhere: two processes that take the same rows wait for one another, and never in a circle. */
const inOrder = <T extends { readonly id: string }>(items: readonly T[]): readonly T[] =>
  items.toSorted((one, other) => (one.id < other.id ? -1 : one.id > other.id ? 1 : 0));

/** `SlackStore.claim`, for several at once. Of copies among them the first is fresh. */
export const claimRequests = async (
  db: Kysely<Database>,
  claims: readonly Claim[],
): Promise<readonly Claimed[]> => {
  const inserted = await db
    .insertInto('slack_requests')
    .values(
      inOrder(claims).map(({ id, asked, replyTo, leaseMs }) => ({
        ...{ id, at: sql<string>`now()`, said: null, asked },
        ...{ reply_to: replyTo, due_at: inMs(leaseMs) },
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning(['id', 'at'])
    .execute();
  const fresh = new Map(inserted.map(({ id, at }) => [id, at]));
  const known = await saidOf(
    db,
    claims.map(({ id }) => id).filter((id) => !fresh.has(id)),
  );
  return claims.map(({ id }) => {
    const at = fresh.get(id);
    const row = known.get(id);
    if (at === undefined) {
      if (row === undefined) throw new Error(`The request ${id} is neither new nor known.`);
      return { fresh: false, ...row };
    }
    fresh.delete(id);
    known.set(id, { said: null, at });
    return { fresh: true, said: null, at };
  });
};

type Known = { readonly said: string | null; readonly at: string };

const saidOf = async (db: Kysely<Database>, ids: readonly string[]): Promise<Map<string, Known>> => {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('slack_requests')
    .select(['id', 'said', 'at'])
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, ...known }) => [id, known]));
};

export type Answered = { readonly id: string; readonly said: string };

/** `SlackStore.keepSaid`, for several at once. Of several answers to one request the first stands. */
export const answerRequests = async (
  db: Kysely<Database>,
  answers: readonly Answered[],
): Promise<readonly string[]> => {
  const first = new Map(answers.toReversed().map((each) => [each.id, each]));
  const rows = inOrder([...first.values()]).map(
    ({ id, said }) => sql`(${id}::text, ${storableText(said)}::text)`,
  );
  const { rows: kept } = await sql<Answered>`
    update slack_requests as r set said = coalesce(r.said, v.said)
    from (values ${sql.join(rows)}) as v (id, said)
    where r.id = v.id returning r.id, r.said`.execute(db);
  const standing = new Map(kept.map(({ id, said }) => [id, said]));
  return answers.map(({ id, said }) => standing.get(id) ?? first.get(id)?.said ?? said);
};

/** `SlackStore.settle`, for several at once. */
export const settleRequests = async (
  db: Kysely<Database>,
  ids: readonly string[],
): Promise<readonly undefined[]> => {
  await db
    .updateTable('slack_requests')
    .set({ asked: null, reply_to: null, due_at: null })
    .where('id', 'in', ids)
    .execute();
  return ids.map(() => undefined);
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
