import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { SluiceError } from '../../runbooks/errors.ts';
import { channel } from './append.ts';
import type { Engine, WarningListener } from './engine.ts';
import { reach } from './failures.ts';
import { runMigrations } from './migrations.ts';
import { ownFolder } from './owner.ts';
import { closePglite, openPglite } from './pglite.ts';
import type { EmbeddedDatabase } from './pglite.ts';
import { unpackTemplate } from './template.ts';

export type EmbeddedOptions = {
  readonly folder: string;
  readonly address: string;
  /** `null`: none, begin the slow way. */
  readonly template: string | null;
  readonly warn: WarningListener;
  readonly onOwned: () => void;
};

/**
 * Opens the ledger in the folder, as its only owner; makes it first if there is none.
 * @throws SluiceError LEDGER_OWNED, LEDGER_SCHEMA, LEDGER_UNAVAILABLE
 */
export const openEmbedded = async (options: EmbeddedOptions): Promise<Engine> => {
  const { folder, address, warn } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ownership = ownFolder(folder, address);
  options.onOwned();
  let database: EmbeddedDatabase;
  try {
    database = await openDatabase(options);
  } catch (error) {
    ownership.release();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    db: database.db,
    listen: (onNews) => {
      database.pglite.listen(channel, onNews).then(onNews, (error: unknown) => {
        warn('The ledger does not tell of new events.', error);
      });
    },
    tellAddress: async (now) => ownership.tellAddress(now),
    close: () => {
      closing ??= closePglite(database).finally(ownership.release);
      return closing;
    },
  };
};

const openDatabase = async (options: EmbeddedOptions): Promise<EmbeddedDatabase> => {
  const data = path.join(options.folder, 'data');
  if (!existsSync(data)) await makeDatabase(data, options);
  const database = await openFiles(data);
  try {
    await reach(() => runMigrations(database.db));
    return database;
  } catch (error) {
    await closePglite(database);
    throw error;
  }
};

/** Made beside its place and renamed: what stands in `data` is whole, whenever this process is killed. */
const makeDatabase = async (data: string, { template, warn }: EmbeddedOptions): Promise<void> => {
  const unfinished = `${data}.new`;
  const clear = (): Promise<void> => rm(unfinished, { recursive: true, force: true });
  await clear();
  const hasTemplate = template !== null && existsSync(template);
  const prepared = hasTemplate ? await unpackTemplate(template, unfinished) : null;
  if (prepared === null) {
    if (hasTemplate)
      warn('The prepared ledger is one of another version: making one takes some seconds.', null);
    await clear();
    const made = await openPglite(unfinished);
    await reach(() => runMigrations(made.db)).finally(() => closePglite(made));
  }
  await rename(prepared ?? unfinished, data);
  await clear();
};

const openFiles = async (data: string): Promise<EmbeddedDatabase> => {
  try {
    return await openPglite(data);
  } catch (error) {
    throw new SluiceError(
      {
        code: 'LEDGER_UNAVAILABLE',
        message: `The files of the ledger in ${data} can not be opened: ${String(error)}.`,
        hint: 'Restore the folder from a backup. Do not delete it: it is the record of every rollout.',
      },
      { cause: error },
    );
  }
};
