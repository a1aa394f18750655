import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** The Unleash that the tests run: a part of its own, because its packages (190 MB) are nobody else's. */
export const unleashVersion = '7.5.1';

const cache = (): string =>
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'sluice', 'unleash');

const programIn = (folder: string): string => path.join(folder, 'node_modules/unleash-server/dist/server.js');

/** Installs it with npm into the cache, whole or not at all. @returns path of its program */
export const obtainUnleash = async (): Promise<string> => {
  const place = path.join(cache(), unleashVersion);
  if (existsSync(programIn(place))) return programIn(place);
  await mkdir(cache(), { recursive: true });
  const unfinished = await mkdtemp(path.join(cache(), '.new-'));
  try {
    await writeFile(
      path.join(unfinished, 'package.json'),
      JSON.stringify({ name: 'unleash', private: true }),
    );
    const args = ['install', `unleash-server@${unleashVersion}`, '--save-exact', '--ignore-scripts'];
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    await promisify(execFile)('npm', [...args, ...quiet], { cwd: unfinished, timeout: 300_000 });
    // Another test run may have been faster.
    if (!existsSync(place)) await rename(unfinished, place);
    return programIn(place);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
};

if (import.meta.main) process.stdout.write(`${await obtainUnleash()}\n`);
