import { sql } from 'kysely';
import type { Insertable, Kysely, Transaction } from 'kysely';
import { SluiceError } from '../../runbooks/errors.ts';
import type { LedgerEvent } from '../../runbooks/events.ts';
import { applyEvents } from './apply.ts';
import { hashEvent, hashText, newSalt } from './chain.ts';
import { draftOf, isSameEvent } from './draft.ts';
import { readHead, readStanding } from './read-events.ts';
import type { Database } from './schema.ts';
import type { ChainHead, StoredEvent } from './views.ts';

/** Channel of NOTIFY; the payload is the position of the newest event. */
export const channel = 'sluice_events';

/** What fits into one statement's parameters. */
const maxBatch = 1000;

/** Advisory lock of everybody who writes to the chain: "sluice" as a number. */
const chainLock = 0x736c75696365;

/**
 * Waits for its turn at the chain, for the rest of the transaction. The limits hold for this transaction: a writer
 * that stalls while it holds the lock must not stop every other for ever.
 */
const lockChain = async (trx: Transaction<Database>): Promise<void> => {
  await sql`select set_config('lock_timeout', '5s', true),
    set_config('idle_in_transaction_session_timeout', '5s', true)`.execute(trx);
  await sql`select pg_advisory_xact_lock(${chainLock})`.execute(trx);
};

/** `Ledger.append`. */
export const append = async (
  db: Kysely<Database>,
  events: readonly LedgerEvent[],
): Promise<readonly StoredEvent[]> => {
  const drafts = events.map(draftOf);
  if (drafts.length === 0) return [];
  if (drafts.length > maxBatch) {
    throw new SluiceError({
      code: 'USAGE',
      message: `${drafts.length} events at once are too many for the ledger.`,
      hint: `Append at most ${maxBatch} at a time.`,
    });
  }
  return db.transaction().execute(async (trx) => {
    await lockChain(trx);
    return appendLocked(trx, drafts);
  });
};

/** `Ledger.requestAndRemember`: key and first event stand together, or neither does. */
export const appendRequest = async (
  db: Kysely<Database>,
  key: string,
  bodySha256: string,
  first: LedgerEvent,
): Promise<{ readonly rolloutId: string; readonly fresh: boolean }> => {
  const draft = draftOf(first);
  return db.transaction().execute(async (trx) => {
    await lockChain(trx);
    const remembered = await rememberKey(trx, key, bodySha256, draft.rolloutId);
    if (remembered.fresh) await appendLocked(trx, [draft]);
    return remembered;
  });
};

/**
 * `Ledger.remember`.
 * @throws SluiceError IDEMPOTENCY_CONFLICT
 */
export const rememberKey = async (
  db: Kysely<Database>,
  key: string,
  bodySha256: string,
  rolloutId: string,
): Promise<{ readonly rolloutId: string; readonly fresh: boolean }> => {
  const added = await db
    .insertInto('requests')
    .values({ key, body_sha256: bodySha256, rollout_id: rolloutId })
    .onConflict((conflict) => conflict.doNothing())
    .returning('rollout_id')
    .executeTakeFirst();
  if (added !== undefined) return { rolloutId, fresh: true };
  const standing = await db
    .selectFrom('requests')
    .selectAll()
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  if (standing.body_sha256 === bodySha256) return { rolloutId: standing.rollout_id, fresh: false };
  throw new SluiceError({
    code: 'IDEMPOTENCY_CONFLICT',
    message: `The key ${JSON.stringify(key)} was used before, for another request: it began rollout ${standing.rollout_id}.`,
    hint: 'Use a new key for a new request, or repeat the first request as it was.',
    details: { key, rolloutId: standing.rollout_id },
  });
};

/** `Ledger.rememberedBy`. */
export const rememberedBy = async (
  db: Kysely<Database>,
  key: string,
): Promise<{ readonly rolloutId: string; readonly bodySha256: string } | null> => {
  const row = await db.selectFrom('requests').selectAll().where('key', '=', key).executeTakeFirst();
  return row === undefined ? null : { rolloutId: row.rollout_id, bodySha256: row.body_sha256 };
};

/** Needs the lock of the chain. */
const appendLocked = async (
  trx: Transaction<Database>,
  drafts: readonly LedgerEvent[],
): Promise<readonly StoredEvent[]> => {
  const standing = new Set((await checkStanding(trx, drafts)).map(keyOf));
  const fresh: LedgerEvent[] = [];
  for (const draft of drafts) {
    if (standing.has(keyOf(draft))) continue;
    standing.add(keyOf(draft));
    fresh.push(draft);
  }
  if (fresh.length > 0) await insertFresh(trx, fresh);
  // Read back, so that what is returned is what stands; an event given twice with two contents is found here.
  const stored = new Map((await checkStanding(trx, drafts)).map((event) => [keyOf(event), event]));
  return drafts.map((draft) => {
    const event = stored.get(keyOf(draft));
    if (event === undefined) throw new Error(`Event ${draft.id} is missing right after it was written.`);
    return event;
  });
};

const keyOf = (event: { readonly rolloutId: string; readonly id: string }): string =>
  `${event.rolloutId}\n${event.id}`;

/**
 * The events that stand under the drafts' ids.
 * @throws SluiceError EVENT_CONFLICT where one says something else
 */
const checkStanding = async (
  trx: Transaction<Database>,
  drafts: readonly LedgerEvent[],
): Promise<readonly StoredEvent[]> => {
  const standing = new Map((await readStanding(trx, drafts)).map((one) => [keyOf(one.event), one]));
  for (const draft of drafts) {
    const found = standing.get(keyOf(draft));
    if (found === undefined) continue;
    if (isSameEvent(draft, found)) continue;
    const { position } = found.event;
    throw new SluiceError({
      code: 'EVENT_CONFLICT',
      message: `Event ${draft.id} of rollout ${draft.rolloutId} stands in the ledger at position ${position}, and says something else.`,
      hint: 'An id is used once: two writers have made the same one, or one has changed its mind.',
      details: { rolloutId: draft.rolloutId, id: draft.id, position },
    });
  }
  return [...standing.values()].map((one) => one.event);
};

const insertFresh = async (trx: Transaction<Database>, fresh: readonly LedgerEvent[]): Promise<void> => {
  let head: ChainHead = await readHead(trx);
  const rows: Insertable<Database['events']>[] = [];
  const texts: Insertable<Database['texts']>[] = [];
  const placed = [];
  for (const draft of fresh) {
    const salted = Object.entries(draft.texts).map(([name, text]) => ({ name, text, salt: newSalt() }));
    const textHashes = Object.fromEntries(salted.map(({ name, text, salt }) => [name, hashText(salt, text)]));
    const position = head.position + 1;
    const { rolloutId, id, at, actor, body } = draft;
    const hash = hashEvent(head.hash, { position, rolloutId, id, at, actor, body, textHashes });
    rows.push({
      position,
      rollout_id: rolloutId,
      event_id: id,
      at,
      actor: actor === null ? null : JSON.stringify(actor),
      body: JSON.stringify(body),
      text_hashes: JSON.stringify(textHashes),
      previous_hash: head.hash,
      hash,
    });
    texts.push(...salted.map((text) => ({ ...text, rollout_id: rolloutId, event_id: id, erased_at: null })));
    placed.push({ ...draft, position });
    head = { position, hash };
  }
  await trx.insertInto('events').values(rows).execute();
  if (texts.length > 0) await trx.insertInto('texts').values(texts).execute();
  await applyEvents(trx, placed);
  await trx
    .updateTable('meta')
    .set({ value: JSON.stringify(head) })
    .where('key', '=', 'head')
    .execute();
  await sql`select pg_notify(${channel}, ${String(head.position)})`.execute(trx);
};
