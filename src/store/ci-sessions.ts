import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** One job of a pipeline that may speak for a while. Times: ISO 8601. */
export type CiSession = {
  /** Of the token that it was given (hex). */
  readonly sha256: string;
  /** Its name in `access.yml`. */
  readonly pipeline: string;
  /** Of its row in `access.yml` as it was then (hex). */
  readonly identitySha256: string;
  readonly endsAt: string;
};

/** The token of the CI that it was given for. */
export type TakenToken = { readonly issuer: string; readonly jti: string; readonly endsAt: string };

/** Who speaks for which pipeline. Not chained: what they do is. */
export type CiSessions = {
  /** `false`: that token was taken before. */
  open(session: CiSession, taken: TakenToken): Promise<boolean>;
  /** `null`: there is none, or it is over. */
  find(sha256: string): Promise<CiSession | null>;
};

type Reach = <T>(work: () => Promise<T>) => Promise<T>;

export const ciSessions = (db: Kysely<Database>, reach: Reach): CiSessions => ({
  open: (session, taken) => reach(() => open(db, session, taken)),
  find: (sha256) => reach(() => find(db, sha256)),
});

const open = async (db: Kysely<Database>, session: CiSession, taken: TakenToken): Promise<boolean> => {
  const now = sql<string>`now()`;
  await db.deleteFrom('ci_sessions').where('ends_at', '<', now).where('jti_ends_at', '<', now).execute();
  const inserted = await db
    .insertInto('ci_sessions')
    .values({
      sha256: session.sha256,
      pipeline: session.pipeline,
      identity_sha256: session.identitySha256,
      issuer: taken.issuer,
      jti: taken.jti,
      ends_at: session.endsAt,
      jti_ends_at: taken.endsAt,
    })
    .onConflict((conflict) => conflict.columns(['issuer', 'jti']).doNothing())
    .returning('sha256')
    .executeTakeFirst();
  return inserted !== undefined;
};

const find = async (db: Kysely<Database>, sha256: string): Promise<CiSession | null> => {
  const row = await db
    .selectFrom('ci_sessions')
    .select(['sha256', 'pipeline', 'identity_sha256', 'ends_at'])
    .where('sha256', '=', sha256)
    .where('ends_at', '>', sql<string>`now()`)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    sha256: row.sha256,
    pipeline: row.pipeline,
    identitySha256: row.identity_sha256,
    endsAt: row.ends_at,
  };
};
