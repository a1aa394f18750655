import type { Kysely, Selectable } from 'kysely';
import type { Actor } from '../../runbooks/access.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { Sample } from '../gates/reading.ts';
import type { GateRecord } from '../gates/record.ts';
import { checkId, checkTime } from './draft.ts';
import { storableJson, storableText } from './plain.ts';
import { readNames } from './read-events.ts';
import type { Database } from './schema.ts';
import type { InboxCommand, LockView, SampleView } from './views.ts';

// What stands beside the chain and may change: samples, the inbox, names of actors, locks of people.

/** JSON text that jsonb takes. */
const storable = (value: unknown, place: string): string => JSON.stringify(storableJson(value, place));

/** `Ledger.addSample`. */
export const addSample = async (
  db: Kysely<Database>,
  rolloutId: string,
  watch: number,
  t: number,
  sample: Sample,
  record: GateRecord | null,
): Promise<void> => {
  if (!Number.isFinite(t) || !Number.isInteger(watch)) {
    throw new SluiceError({
      code: 'USAGE',
      message: `The ledger can not keep a sample of watch ${watch} at second ${t}.`,
      hint: 'Give a whole number for the watch and a finite one for the second.',
    });
  }
  await db
    .insertInto('watch_samples')
    .values({
      rollout_id: checkId('rollout id', rolloutId),
      watch,
      t,
      sample: storable(sample, 'sample'),
      record: record === null ? null : storable(record, 'record'),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** `Ledger.samples`. */
export const readSamples = async (
  db: Kysely<Database>,
  rolloutId: string,
  watch: number,
  afterT: number | undefined,
): Promise<readonly SampleView[]> =>
  db
    .selectFrom('watch_samples')
    .select(['t', 'sample', 'record'])
    .where('rollout_id', '=', rolloutId)
    .where('watch', '=', watch)
    .$if(afterT !== undefined, (query) => query.where('t', '>', afterT ?? 0))
    .orderBy('t')
    .execute();

const inboxCommand = (row: Omit<Selectable<Database['inbox']>, 'arrival'>): InboxCommand => ({
  id: row.id,
  rolloutId: row.rollout_id,
  command: row.command,
  actor: row.actor,
  reason: row.reason,
  at: row.at,
  state: row.state,
  answer: row.answer,
});

/** `Ledger.putCommand`. */
export const putCommand = async (
  db: Kysely<Database>,
  given: Omit<InboxCommand, 'state' | 'answer'>,
): Promise<InboxCommand> => {
  const id = checkId('command id', given.id);
  await db
    .insertInto('inbox')
    .values({
      id,
      rollout_id: checkId('rollout id', given.rolloutId),
      command: given.command,
      actor: storable(given.actor, 'actor'),
      reason: given.reason === null ? null : storableText(given.reason),
      at: checkTime('time of a command', given.at),
      state: 'waiting',
      answer: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await db.selectFrom('inbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const same =
    row.rollout_id === given.rolloutId && row.command === given.command && row.actor.id === given.actor.id;
  if (same) return inboxCommand(row);
  throw new SluiceError({
    code: 'IDEMPOTENCY_CONFLICT',
    message: `The id ${JSON.stringify(id)} was used before, to say ${row.command} to rollout ${row.rollout_id}.`,
    hint: 'Use a new id for a new command.',
    details: { id, rolloutId: row.rollout_id, command: row.command },
  });
};

/** `Ledger.inboxCommand`. */
export const readInbox = async (db: Kysely<Database>, id: string): Promise<InboxCommand | null> => {
  const row = await db.selectFrom('inbox').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : inboxCommand(row);
};

/** `Ledger.waitingCommands`. */
export const readWaiting = async (db: Kysely<Database>, limit: number): Promise<readonly InboxCommand[]> => {
  const rows = await db
    .selectFrom('inbox')
    .selectAll()
    .where('state', '=', 'waiting')
    .orderBy('arrival')
    .limit(limit)
    .execute();
  return rows.map(inboxCommand);
};

/** `Ledger.answerCommand`. */
export const answerCommand = async (
  db: Kysely<Database>,
  id: string,
  state: 'done' | 'refused',
  answer: string | null,
): Promise<void> => {
  await db
    .updateTable('inbox')
    .set({ state, answer: answer === null ? null : storableText(answer), reason: null })
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .execute();
};

/** `Ledger.rememberActor`. */
export const rememberActor = async (
  db: Kysely<Database>,
  actor: Actor,
  name: string,
  given: Readonly<Record<string, string>> | undefined,
): Promise<void> => {
  const known = {
    via: actor.via,
    name: storableText(name),
    details: given === undefined ? null : storable(given, 'details'),
  };
  await db
    .insertInto('actors')
    .values({ id: checkId('id of an actor', actor.id), ...known })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(known))
    .execute();
};

/** `Ledger.names`. */
export const namesOf = async (
  db: Kysely<Database>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const names = await readNames(db, ids);
  return new Map([...names].flatMap(([id, name]) => (name === null ? [] : [[id, name] as const])));
};

/** `Ledger.eraseActor`. */
export const eraseActor = async (db: Kysely<Database>, id: string): Promise<boolean> => {
  const { numDeletedRows } = await db.deleteFrom('actors').where('id', '=', id).executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
};

/** `Ledger.eraseTexts`. */
export const eraseTexts = async (
  db: Kysely<Database>,
  rolloutId: string,
  eventId: string,
  name: string | undefined,
): Promise<number> => {
  const { numUpdatedRows } = await db
    .updateTable('texts')
    .set({ salt: null, text: null, erased_at: new Date().toISOString() })
    .where('rollout_id', '=', rolloutId)
    .where('event_id', '=', eventId)
    .where('erased_at', 'is', null)
    .$if(name !== undefined, (query) => query.where('name', '=', name ?? ''))
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
};

/** Stands for all environments; no environment can have this name. */
const everywhere = '*';

const viewOf = ({
  environment,
  ...row
}: Omit<LockView, 'environment'> & { environment: string }): LockView => ({
  ...row,
  environment: environment === everywhere ? null : environment,
});

/** `Ledger.lock`. */
export const putLock = async (db: Kysely<Database>, lock: LockView): Promise<LockView | null> => {
  const said = {
    actor: storable(lock.actor, 'actor'),
    reason: storableText(lock.reason),
    at: checkTime('time of a lock', lock.at),
    until: lock.until === null ? null : checkTime('end of a lock', lock.until),
  };
  const place = {
    service: checkId('service', lock.service),
    environment: checkId('environment', lock.environment ?? everywhere),
  };
  const before = await db
    .selectFrom('locks')
    .selectAll()
    .where('service', '=', place.service)
    .where('environment', '=', place.environment)
    .executeTakeFirst();
  await db
    .insertInto('locks')
    .values({ ...place, ...said })
    .onConflict((conflict) => conflict.columns(['service', 'environment']).doUpdateSet(said))
    .execute();
  return before === undefined ? null : viewOf(before);
};

/** `Ledger.unlock`. */
export const removeLock = async (
  db: Kysely<Database>,
  service: string,
  environment: string | null,
): Promise<boolean> => {
  const { numDeletedRows } = await db
    .deleteFrom('locks')
    .where('service', '=', service)
    .where('environment', '=', environment ?? everywhere)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
};

/** `Ledger.locks`. */
export const readLocks = async (
  db: Kysely<Database>,
  service: string,
  environment: string,
  at: string,
): Promise<readonly LockView[]> => {
  const rows = await db
    .selectFrom('locks')
    .selectAll()
    .where('service', '=', service)
    .where('environment', 'in', [environment, everywhere])
    .where((where) => where.or([where('until', 'is', null), where('until', '>', at)]))
    .orderBy('at')
    .execute();
  return rows.map(viewOf);
};
