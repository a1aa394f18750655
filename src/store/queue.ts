import type { Kysely, Selectable } from 'kysely';
import type { Wanted } from '../rollouts/wanted.ts';
import { checkId, checkTime } from './draft.ts';
import { storableJson } from './plain.ts';
import type { Database, QueueTable } from './schema.ts';

/** A deploy that waits: for the success of the rollout before it, or for that one to give way. */
export type Queued = {
  readonly service: string;
  readonly environment: string;
  readonly rolloutId: string;
  readonly mode: 'queue' | 'supersede';
  /** The rollout that ran when it was asked for. */
  readonly behind: string;
  /** As it was asked for: its input is made when it starts. */
  readonly wanted: Omit<Wanted, 'rolloutId'>;
  readonly at: string;
};

/** One per service and environment; rollout ids rise with time, so the newest is the greatest. */
export type QueueStore = {
  /**
   * The newest one stands. `replaced`: the one whose place it took; `stands: false`: a newer one was there.
   * Given again it stays as it was.
   */
  put(queued: Queued): Promise<{ readonly stands: boolean; readonly replaced: Queued | null }>;
  /** Oldest first. */
  all(): Promise<readonly Queued[]>;
  of(rolloutId: string): Promise<Queued | null>;
  /** Whoever takes it is alone with it for so long. `false`: somebody has it, or it is gone. */
  take(rolloutId: string, forMs: number): Promise<boolean>;
  release(rolloutId: string): Promise<void>;
  remove(rolloutId: string): Promise<void>;
};

type Reach = <T>(work: () => Promise<T>) => Promise<T>;

export const queueStore = (db: Kysely<Database>, reach: Reach): QueueStore => ({
  put: (queued) => reach(() => put(db, queued)),
  all: () =>
    reach(async () => (await db.selectFrom('queue').selectAll().orderBy('at').execute()).map(queuedOf)),
  of: (rolloutId) => reach(() => read(db, rolloutId)),
  take: (rolloutId, forMs) =>
    reach(async () => {
      const now = Date.now();
      const { numUpdatedRows } = await db
        .updateTable('queue')
        .set({ taken_until: new Date(now + forMs).toISOString() })
        .where('rollout_id', '=', rolloutId)
        .where((where) =>
          where.or([
            where('taken_until', 'is', null),
            where('taken_until', '<', new Date(now).toISOString()),
          ]),
        )
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    }),
  release: (rolloutId) =>
    reach(async () => {
      await db.updateTable('queue').set({ taken_until: null }).where('rollout_id', '=', rolloutId).execute();
    }),
  remove: (rolloutId) =>
    reach(async () => {
      await db.deleteFrom('queue').where('rollout_id', '=', rolloutId).execute();
    }),
});

const queuedOf = (row: Selectable<QueueTable>): Queued => ({
  service: row.service,
  environment: row.environment,
  rolloutId: row.rollout_id,
  mode: row.mode,
  behind: row.behind,
  wanted: row.wanted,
  at: row.at,
});

const read = async (db: Kysely<Database>, rolloutId: string): Promise<Queued | null> => {
  const row = await db.selectFrom('queue').selectAll().where('rollout_id', '=', rolloutId).executeTakeFirst();
  return row === undefined ? null : queuedOf(row);
};

const put = async (
  db: Kysely<Database>,
  queued: Queued,
): Promise<{ readonly stands: boolean; readonly replaced: Queued | null }> =>
  db.transaction().execute(async (trx) => {
    const place = {
      service: checkId('service', queued.service),
      environment: checkId('environment', queued.environment),
    };
    const row = {
      rollout_id: checkId('rollout id', queued.rolloutId),
      mode: queued.mode,
      behind: checkId('rollout id', queued.behind),
      wanted: JSON.stringify(storableJson(queued.wanted, 'request')),
      at: checkTime('time of a request', queued.at),
      taken_until: null,
    };
    const first = await trx
      .insertInto('queue')
      .values({ ...place, ...row })
      .onConflict((conflict) => conflict.columns(['service', 'environment']).doNothing())
      .returning('rollout_id')
      .executeTakeFirst();
    if (first !== undefined) return { stands: true, replaced: null };
    const before = await trx
      .selectFrom('queue')
      .selectAll()
      .where('service', '=', place.service)
      .where('environment', '=', place.environment)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (before.rollout_id === row.rollout_id) return { stands: true, replaced: null };
    if (before.rollout_id > row.rollout_id) return { stands: false, replaced: null };
    await trx
      .updateTable('queue')
      .set(row)
      .where('rollout_id', '=', before.rollout_id)
      .executeTakeFirstOrThrow();
    return { stands: true, replaced: queuedOf(before) };
  });
