import { accessSync, constants, statfsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { availableMemory } from 'node:process';
import path from 'node:path';

const memory = '/dev/shm';
/** What a test run may need at once: ledgers of 40 MB each, Temporal's databases, logs. */
const enough = 6 * 2 ** 30;

const hasRoom = (): boolean => {
  try {
    accessSync(memory, constants.W_OK);
  } catch {
    return false;
  }
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize >= enough && availableMemory() >= 2 * enough;
};

/**
 * Runs `work` with a folder for temporary files: in memory where there is plenty, because tests make some hundred
 * thousand small files, which cost a disk ten times as much. `null`: the system's own, as also where somebody has chosen
 * one.
 */
export async function withScratch<T>(work: (folder: string | null) => Promise<T>): Promise<T> {
  if (process.platform !== 'linux' || process.env['TMPDIR'] !== undefined || !hasRoom()) return work(null);
  const folder = await mkdtemp(path.join(memory, 'sluice-'));
  // As /tmp lets everybody through: PostgreSQL runs as another user where the tests run as root.
  await chmod(folder, 0o755);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
