import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import { parsers } from './engine.ts';
import type { Database } from './schema.ts';

/** PostgreSQL in this process. `db.destroy()` closes it. */
export type EmbeddedDatabase = { readonly pglite: PGlite; readonly db: Kysely<Database> };

/** Opens the database whose files lie in `folder`; makes an empty one where there are none. */
export const openPglite = async (folder: string): Promise<EmbeddedDatabase> => {
  const pglite = await PGlite.create({ dataDir: folder, parsers: { ...parsers } });
  return { pglite, db: new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) }) };
};

/** Works also where no query was made yet, when `db.destroy()` would do nothing. */
export const closePglite = async ({ pglite, db }: EmbeddedDatabase): Promise<void> => {
  await db.destroy();
  if (!pglite.closed) await pglite.close();
};
