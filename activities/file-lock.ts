import { setTimeout as delay } from 'node:timers/promises';
import { loadSqlite } from '../src/store/sqlite.ts';

const everyMs = 20;

/** Somebody else kept the lock for as long as was waited. */
export class LockBusy extends Error {
  override readonly name = 'LockBusy';
}

/** SQLITE_BUSY: another connection holds the lock. */
const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === 5;

/**
 * Runs `work` while nobody else of this machine who asks for the same lock does. The lock is an open exclusive
 * transaction on a small SQLite file, which the operating system gives back when its owner dies. Local disks only.
 * @throws LockBusy after `withinMs`
 */
export const withFileLock = async <T>(file: string, withinMs: number, work: () => Promise<T>): Promise<T> => {
  const { DatabaseSync } = loadSqlite();
  const deadline = Date.now() + withinMs;
  for (;;) {
    const database = new DatabaseSync(file, { timeout: 0 });
    try {
      database.exec('begin exclusive');
      return await work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (Date.now() > deadline) throw new LockBusy(`${file} is locked by another process`, { cause: error });
    } finally {
      database.close();
    }
    await delay(everyMs);
  }
};
