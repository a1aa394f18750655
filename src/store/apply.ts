import { sql } from 'kysely';
import type { Transaction } from 'kysely';
import { applyPage } from './pages.ts';
import { changesOf } from './project.ts';
import type { Change, PlacedEvent } from './project.ts';
import type { Database } from './schema.ts';

/** Carries the events' changes out in the projections, in the transaction that writes the events. */
export const applyEvents = async (
  trx: Transaction<Database>,
  events: readonly PlacedEvent[],
): Promise<void> => {
  for (const event of events) {
    for (const change of changesOf(event)) await applyChange(trx, event.rolloutId, change);
  }
};

const applyChange = async (trx: Transaction<Database>, id: string, change: Change): Promise<void> => {
  switch (change.do) {
    case 'add-rollout':
      await trx
        .insertInto('rollouts')
        .values(change.row)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return;
    case 'set-rollout':
      await trx
        .updateTable('rollouts')
        .set(change.set)
        .where('id', '=', id)
        .$if(change.unlessEnded === true, (query) => query.where('ended_at', 'is', null))
        .execute();
      return;
    case 'add-problems':
      await trx
        .updateTable('rollouts')
        .set({ problems: sql`problems || ${JSON.stringify(change.problems)}::jsonb` })
        .where('id', '=', id)
        .execute();
      return;
    case 'plan-steps':
      // A rollout that is planned again begins with fresh steps.
      await trx.deleteFrom('steps').where('rollout_id', '=', id).execute();
      if (change.rows.length > 0) await trx.insertInto('steps').values(change.rows).execute();
      return;
    case 'begin-step':
      await beginStep(trx, id, change.index, change.at);
      return;
    case 'set-step':
      await trx
        .updateTable('steps')
        .set(change.set)
        .where('rollout_id', '=', id)
        .where('index', '=', change.index)
        .execute();
      return;
    case 'break-off-steps':
      await trx
        .updateTable('steps')
        .set({ state: 'failed', ended_at: change.at, found: change.found })
        .where('rollout_id', '=', id)
        .where('state', '=', 'running')
        .execute();
      return;
    case 'begin-watch':
      await trx
        .insertInto('watches')
        .values(change.row)
        .onConflict((conflict) => conflict.columns(['rollout_id', 'watch']).doUpdateSet(change.row))
        .execute();
      return;
    case 'add-verdict':
      await trx.insertInto('verdicts').values(change.row).execute();
      return;
    case 'add-command':
      await trx.insertInto('commands').values(change.row).execute();
      return;
    case 'add-release':
      await trx.insertInto('releases').values(change.row).execute();
      return;
    case 'mark-taken-back':
      await markTakenBack(trx, id, change.before);
      return;
    case 'retire-release':
      await retireRelease(trx, id, change.version, change.at);
      return;
    case 'set-page':
      await applyPage(trx, change.event, change.body);
      return;
    default:
      change satisfies never;
  }
};

const beginStep = async (
  trx: Transaction<Database>,
  id: string,
  index: number,
  at: string,
): Promise<void> => {
  // A step that begins again (after a hold) keeps its first beginning.
  const first = sql<string>`coalesce(started_at, ${at}::timestamptz)`;
  await trx
    .updateTable('steps')
    .set({ state: 'running', started_at: first, ended_at: null, found: null })
    .where('rollout_id', '=', id)
    .where('index', '=', index)
    .execute();
  await trx.updateTable('rollouts').set({ started_at: first }).where('id', '=', id).execute();
};

/**
 * Every earlier promotion of what the rollback came from, so that nothing returns to it by itself. Where traffic was
 * split and it came from no single version, what the rollout it took back had promoted.
 */
const markTakenBack = async (trx: Transaction<Database>, id: string, before: number): Promise<void> => {
  await sql`
    update releases set state = 'bad'
    from rollouts
    where rollouts.id = ${id} and rollouts.kind = 'rollback'
      and releases.service = rollouts.service
      and releases.environment = rollouts.environment
      and releases.position < ${before}
      and (releases.digest = rollouts.from_release ->> 'digest'
        or releases.rollout_id = rollouts.of_rollout)`.execute(trx);
};

/** The newest promotion of that version: an earlier one was retired or is the same instances. */
const retireRelease = async (
  trx: Transaction<Database>,
  id: string,
  version: string,
  at: string,
): Promise<void> => {
  await sql`
    update releases set retired_at = ${at}
    where position = (
      select max(releases.position) from releases join rollouts
        on rollouts.service = releases.service and rollouts.environment = releases.environment
      where rollouts.id = ${id} and releases.version = ${version}
    )`.execute(trx);
};
