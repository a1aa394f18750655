import { readFile, rename, writeFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { migrationsHash, runMigrations } from './migrations.ts';
import { closePglite, openPglite } from './pglite.ts';

/**
 * Makes an empty, migrated ledger and packs it into `outFile` (tar, gzip; some 5 MB). Takes 3 to 12 s, which is why
 * it is done once, by the build: unpacking takes well below a second.
 */
export const prepareLedgerTemplate = async (outFile: string): Promise<void> => {
  const made = await openPglite(null);
  try {
    await runMigrations(made.db);
    const packed = await made.pglite.dumpDataDir('gzip');
    // Renamed into place, so that nobody unpacks half of it.
    const unfinished = `${outFile}.${process.pid}.new`;
    await writeFile(unfinished, packed.stream());
    await rename(unfinished, outFile);
  } finally {
    await closePglite(made);
  }
};

/**
 * Unpacks the template into `folder`.
 * @returns whether it was of use: a template of other migrations than this program's is not
 */
export const unpackTemplate = async (template: string, folder: string): Promise<boolean> => {
  const unpacked = await openPglite(folder, new Blob([await readFile(template)]));
  try {
    const found = await sql<{
      hash: string;
    }>`select value #>> '{}' as hash from meta where key = 'migrations'`.execute(unpacked.db);
    return found.rows[0]?.hash === migrationsHash();
  } finally {
    await closePglite(unpacked);
  }
};
