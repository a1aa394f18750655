import { DatabaseSync } from 'node:sqlite';

/** SQLITE_BUSY: another connection has the lock. */
const isBusy = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === 5;

/** Keeps the home this process's own until `release`, or until the system takes it back from a dead one. */
export type HomeLock = { release(): void };

/**
 * Takes the home for this process: an exclusive transaction on a small database, which the system ends with its
 * owner, however that dies.
 *
 * @returns `null` if another process has it.
 */
export const lockHome = (path: string): HomeLock | null => {
  const database = new DatabaseSync(path);
  try {
    // No waiting: one that waits would take over when the owner is stopped on purpose.
    database.exec('PRAGMA busy_timeout = 0');
    // Without a journal file beside it that a kill would leave behind.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw error;
  }
  return {
    release: () => {
      database.exec('ROLLBACK');
      database.close();
    },
  };
};
