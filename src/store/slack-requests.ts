import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { checkId } from './draft.ts';
import { storableText } from './plain.ts';
import type { Database } from './schema.ts';

/** A request is signed for five minutes, and may be retried for a while where a socket broke. */
const keptFor = sql`interval '1 hour'`;

/** Takes note of a request. `said`: what was answered to the same one before; `null`: nothing was yet. */
export const claimRequest = async (
  db: Kysely<Database>,
  id: string,
): Promise<{ readonly fresh: boolean; readonly said: string | null }> => {
  await db
    .deleteFrom('slack_requests')
    .where('at', '<', sql<string>`now() - ${keptFor}`)
    .execute();
  const inserted = await db
    .insertInto('slack_requests')
    .values({ id: checkId('id of a request', id), at: sql<string>`now()`, said: null })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted !== undefined) return { fresh: true, said: null };
  const known = await db.selectFrom('slack_requests').select('said').where('id', '=', id).executeTakeFirst();
  return { fresh: false, said: known?.said ?? null };
};

export const answerRequest = async (db: Kysely<Database>, id: string, said: string): Promise<void> => {
  await db
    .updateTable('slack_requests')
    .set({ said: storableText(said) })
    .where('id', '=', id)
    .execute();
};
