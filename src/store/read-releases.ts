import type { Kysely, Selectable } from 'kysely';
import type { Database } from './schema.ts';
import type { ReleaseView } from './views.ts';

const releaseView = (row: Selectable<Database['releases']>): ReleaseView => ({
  version: row.version,
  digest: row.digest,
  service: row.service,
  environment: row.environment,
  state: row.state,
  by: row.by,
  promotedAt: row.promoted_at,
  retiredAt: row.retired_at,
  rolloutId: row.rollout_id,
});

const newestFirst = (db: Kysely<Database>, service: string, environment: string) =>
  db
    .selectFrom('releases')
    .selectAll()
    .where('service', '=', service)
    .where('environment', '=', environment)
    .orderBy('position', 'desc');

/** `Ledger.releases`. */
export const readReleases = async (
  db: Kysely<Database>,
  service: string,
  environment: string,
  limit: number,
): Promise<readonly ReleaseView[]> => {
  const rows = await newestFirst(db, service, environment).limit(limit).execute();
  return rows.map(releaseView);
};

/** `Ledger.lastGood`. */
export const readLastGood = async (
  db: Kysely<Database>,
  service: string,
  environment: string,
  except: string | undefined,
): Promise<ReleaseView | null> => {
  const row = await newestFirst(db, service, environment)
    .where('state', '=', 'good')
    .$if(except !== undefined, (query) => query.where('digest', '!=', except ?? ''))
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : releaseView(row);
};
