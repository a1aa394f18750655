import { accessSync, constants, statfsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { availableMemory } from 'node:process';
import path from 'node:path';

const memory = '/dev/shm';
/** What a test run may need at once: ledgers of 40 MB each, Temporal's databases, logs. */
const enough = 6 * 2 ** 30;

const hasRoom = (): boolean => {
  try {
    accessSync(memory, constants.W_OK);
  } catch {
    // Not there, or not for us: either way it is no place for files.
    return false;
  }
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize >= enough && availableMemory() >= 2 * enough;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's is alive, too.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
};

/** Folders of runs that were killed: memory that nobody else would give back. */
export async function removeAbandoned(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    const pid = Number(/^sluice-test-(\d+)-/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    await rm(path.join(place, name), { recursive: true, force: true });
  }
}

/**
 * Runs `work` with a folder for temporary files: in memory where there is plenty, because tests make some hundred
 * thousand small files, which cost a disk ten times as much. `null`: the system's own, as also where somebody has chosen
 * one. `work` has to end by itself where this process is told to.
 */
export async function withScratch<T>(work: (folder: string | null) => Promise<T>): Promise<T> {
  if (process.platform !== 'linux' || process.env['TMPDIR'] !== undefined || !hasRoom()) return work(null);
  await removeAbandoned(memory);
  const folder = await mkdtemp(path.join(memory, `sluice-test-${String(process.pid)}-`));
  try {
    // As /tmp lets everybody through: PostgreSQL runs as another user where the tests run as root.
    await chmod(folder, 0o755);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
