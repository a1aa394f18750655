import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { EventFilter } from './ledger.ts';
import type { Database } from './schema.ts';
import type { ActorView, ChainHead, StoredEvent } from './views.ts';

/** Rows of `events` with the actor's present name and the texts that were not erased. */
const eventRows = (db: Kysely<Database>) =>
  db
    .selectFrom('events')
    .leftJoin('actors', 'actors.id', 'events.actor_id')
    .select([
      'events.position',
      'events.rollout_id',
      'events.event_id',
      'events.at',
      'events.actor',
      'events.body',
      'events.text_hashes',
      'events.previous_hash',
      'events.hash',
      'actors.name as actor_name',
    ])
    .select(textsBy('text').as('texts'));

/** One column of the event's texts, by name; `null` where the event has none. */
const textsBy = (column: 'text' | 'salt') =>
  sql<Readonly<Record<string, string | null>> | null>`(
    select jsonb_object_agg(texts.name, ${sql.ref(`texts.${column}`)}) from texts
    where texts.rollout_id = events.rollout_id and texts.event_id = events.event_id
  )`;

type EventRow = Awaited<ReturnType<ReturnType<typeof eventRows>['executeTakeFirstOrThrow']>>;

const storedEvent = (row: EventRow): StoredEvent => ({
  position: row.position,
  rolloutId: row.rollout_id,
  id: row.event_id,
  at: row.at,
  actor: row.actor === null ? null : { ...row.actor, name: row.actor_name },
  body: row.body,
  texts: row.texts ?? {},
  previousHash: row.previous_hash,
  hash: row.hash,
});

/** Events after a position, in the order of the chain. */
export const readEvents = async (
  db: Kysely<Database>,
  filter: EventFilter,
): Promise<readonly StoredEvent[]> => {
  const { rolloutId } = filter;
  const rows = await eventRows(db)
    .where('events.position', '>', filter.after)
    .$if(rolloutId !== undefined, (query) => query.where('events.rollout_id', '=', rolloutId ?? ''))
    .orderBy('events.position')
    .limit(filter.limit)
    .execute();
  return rows.map(storedEvent);
};

/** The event as it stands, with what its texts are checked by. */
export type StandingEvent = {
  readonly event: StoredEvent;
  readonly textHashes: Readonly<Record<string, string>>;
  /** Salts (hex) of the texts by name; `null`: erased. */
  readonly salts: Readonly<Record<string, string | null>>;
};

export type EventKey = { readonly rolloutId: string; readonly id: string };

/** Those of the keys that stand, in the order of the chain. */
export const readStanding = async (
  db: Kysely<Database>,
  keys: readonly EventKey[],
): Promise<readonly StandingEvent[]> => {
  if (keys.length === 0) return [];
  const pairs = keys.map((key) => sql`(${key.rolloutId}, ${key.id})`);
  const rows = await eventRows(db)
    .select(textsBy('salt').as('salts'))
    .where(sql<boolean>`(events.rollout_id, events.event_id) in (${sql.join(pairs)})`)
    .orderBy('events.position')
    .execute();
  return rows.map((row) => ({
    event: storedEvent(row),
    textHashes: row.text_hashes,
    salts: row.salts ?? {},
  }));
};

/** The end of the chain as the last append noted it, beside the chain. */
export const readHead = async (db: Kysely<Database>): Promise<ChainHead> => {
  const row = await db.selectFrom('meta').select('value').where('key', '=', 'head').executeTakeFirstOrThrow();
  const { value } = row;
  if (
    typeof value === 'object' &&
    value !== null &&
    'position' in value &&
    'hash' in value &&
    typeof value.position === 'number' &&
    typeof value.hash === 'string'
  ) {
    return { position: value.position, hash: value.hash };
  }
  throw new TypeError('meta.head in the ledger is no head.');
};

/** Present names of the actors, by id. */
export const readNames = async (
  db: Kysely<Database>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string | null>> => {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('actors')
    .select(['id', 'name'])
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, row.name]));
};

export const withName = (
  actor: Omit<ActorView, 'name'> | null,
  names: ReadonlyMap<string, string | null>,
): ActorView | null => (actor === null ? null : { ...actor, name: names.get(actor.id) ?? null });
