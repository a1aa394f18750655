import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';
import type { OpenIncident, QuarantineView } from './views.ts';

// What the checks before a deploy ask of the ledger.

/** `Ledger.hasSucceeded`. */
export const readSucceeded = async (
  db: Kysely<Database>,
  service: string,
  environment: string,
  digest: string,
): Promise<boolean> => {
  const row = await db
    .selectFrom('releases')
    .select('position')
    .where('service', '=', service)
    .where('environment', '=', environment)
    .where('digest', '=', digest)
    .where('state', '=', 'good')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
};

/** `Ledger.openIncidents`: what was delivered and nobody has resolved, oldest first. */
export const readOpenIncidents = async (
  db: Kysely<Database>,
  service: string,
  environment: string,
): Promise<readonly OpenIncident[]> => {
  const rows = await db
    .selectFrom('pages')
    .innerJoin('rollouts', 'rollouts.id', 'pages.rollout_id')
    .select(['pages.rollout_id', 'pages.summary'])
    .where('rollouts.service', '=', service)
    .where('rollouts.environment', '=', environment)
    .where('pages.state', 'in', ['open', 'acknowledged'])
    .orderBy('rollouts.requested_position')
    .limit(20)
    .execute();
  return rows.map((row) => ({ rolloutId: row.rollout_id, summary: row.summary }));
};

/** `Ledger.lastRehearsal`: a rollback that succeeded, or a way back after which the old version was found well. */
export const readLastRehearsal = async (
  db: Kysely<Database>,
  service: string,
  environment: string,
): Promise<string | null> => {
  const row = await db
    .selectFrom('rollouts')
    .select('ended_at')
    .where('service', '=', service)
    .where('environment', '=', environment)
    .where('ended_at', 'is not', null)
    .where((where) =>
      where.or([
        where.and([where('kind', '=', 'rollback'), where('state', '=', 'succeeded')]),
        where('recovered', '=', true),
      ]),
    )
    .orderBy('ended_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.ended_at ?? null;
};

/**
 * `Ledger.quarantine`: digests that a breach rolled back and that nobody has lifted since, the newest first. Read from
 * the chain itself: what a breach said and what a person lifted are events.
 */
export const readQuarantine = async (
  db: Kysely<Database>,
  digest: string | undefined,
): Promise<readonly QuarantineView[]> => {
  const only = digest === undefined ? sql`` : sql`and rollouts.digest = ${digest}`;
  const { rows } = await sql<{
    digest: string;
    version: string;
    service: string;
    environment: string;
    rollout_id: string;
    at: string;
  }>`
    select * from (
      select distinct on (rollouts.digest) rollouts.digest, rollouts.version, rollouts.service,
        rollouts.environment, events.rollout_id, events.at, events.position
      from events join rollouts on rollouts.id = events.rollout_id
      where events.type = 'way-back' and events.body -> 'cause' ->> 'by' = 'breach'
        and rollouts.digest is not null ${only}
      order by rollouts.digest, events.position desc
    ) breach
    where not exists (
      select 1 from events lifted
      where lifted.type = 'quarantine-lifted' and lifted.body ->> 'digest' = breach.digest
        and lifted.position > breach.position
    )
    order by breach.position desc`.execute(db);
  return rows.map(({ rollout_id: rolloutId, digest: of, version, service, environment, at }) => ({
    digest: of,
    version,
    service,
    environment,
    rolloutId,
    at,
  }));
};
