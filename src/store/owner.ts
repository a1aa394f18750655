import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { SluiceError } from '../../runbooks/errors.ts';
import { loadSqlite } from './sqlite.ts';

/** Who owns the folder, for whoever finds it locked. */
const cardName = 'owner.json';
const ownerSchema = z.object({ address: z.string(), pid: z.int() });

/** The right to use a folder, until it is given back or the process is dead. */
export type Ownership = {
  /** What a second opener is told from now on. */
  readonly tellAddress: (address: string) => void;
  readonly release: () => void;
};

/**
 * Becomes the only owner of the folder. The lock is an open exclusive transaction on a small SQLite file: the
 * operating system gives it back when the owner dies, however it dies. Works on local disks; network file systems
 * often lie about locks.
 * @throws SluiceError LEDGER_OWNED with the owner's address and process id
 */
export const ownFolder = (folder: string, address: string): Ownership => {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(path.join(folder, 'owner.lock'), { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    throw isBusy(error) ? owned(folder) : error;
  }
  const card = path.join(folder, cardName);
  const tellAddress = (now: string): void => {
    // Renamed into place, so that nobody reads half of it.
    const unfinished = `${card}.new`;
    writeFileSync(unfinished, `${JSON.stringify({ address: now, pid: process.pid })}\n`, { mode: 0o600 });
    renameSync(unfinished, card);
  };
  tellAddress(address);
  const release = (): void => {
    rmSync(card, { force: true });
    database.close();
  };
  return { tellAddress, release };
};

/** SQLITE_BUSY: another connection holds the lock. */
const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === 5;

const owned = (folder: string): SluiceError => {
  const owner = readOwner(folder);
  return new SluiceError({
    code: 'LEDGER_OWNED',
    message:
      owner === null
        ? `Another process owns the ledger in ${folder}.`
        : `Another daemon owns the ledger in ${folder}: process ${owner.pid}, at ${owner.address}.`,
    hint: 'Use that daemon, or stop it first. For several daemons on one ledger, use PostgreSQL.',
    ...(owner === null ? {} : { details: owner }),
  });
};

/** `null` in the moment before the new owner has written who it is. */
const readOwner = (folder: string): z.infer<typeof ownerSchema> | null => {
  const card = path.join(folder, cardName);
  if (!existsSync(card)) return null;
  return ownerSchema.safeParse(JSON.parse(readFileSync(card, 'utf8'))).data ?? null;
};
