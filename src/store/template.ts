import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrationsHash, runMigrations } from './migrations.ts';
import { closePglite, openPglite } from './pglite.ts';

/** In the archive: what it was made of, and the files of the database. */
const parts = { migrations: 'migrations', data: 'data' } as const;

/**
 * Makes an empty, migrated ledger and packs it into `outFile` (tar, gzip; some 5 MB). Takes 3 to 12 s, which is why
 * it is done once, by the build: unpacking takes well below a second.
 */
export const prepareLedgerTemplate = async (outFile: string): Promise<void> => {
  const { create } = await import('tar');
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-template-'));
  try {
    const made = await openPglite(path.join(folder, parts.data));
    await runMigrations(made.db).finally(() => closePglite(made));
    await writeFile(path.join(folder, parts.migrations), migrationsHash());
    // Renamed into place, so that nobody unpacks half of it.
    const unfinished = `${outFile}.${process.pid}.new`;
    await create({ file: unfinished, cwd: folder, gzip: true, portable: true }, Object.values(parts));
    await rename(unfinished, outFile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/**
 * Unpacks the template into `folder`, which must not exist.
 * @returns where in it the files of the database lie; `null`: a template of other migrations than this program's is of
 * no use
 */
export const unpackTemplate = async (template: string, folder: string): Promise<string | null> => {
  const { extract } = await import('tar');
  await mkdir(folder);
  // At once: a thousand small files, each by itself, take three times as long. Nothing is served yet.
  extract({ file: template, cwd: folder, strict: true, sync: true, noMtime: true });
  const madeOf = await readFile(path.join(folder, parts.migrations), 'utf8');
  return madeOf === migrationsHash() ? path.join(folder, parts.data) : null;
};
