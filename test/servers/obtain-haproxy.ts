import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** HAProxy's package and those of the libraries that a machine without HAProxy does not have. */
const packages = ['haproxy', 'liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'] as const;

const cache = (): string =>
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'sluice', 'haproxy');

/** A program, and where its libraries are, if they came with it. */
export type Haproxy = { readonly program: string; readonly libraries: string | null };
export type Obtained = Haproxy | { readonly program: null; readonly sentence: string };

const onPath = (program: string): string | null =>
  // Debian keeps it out of the PATH of those who are not root.
  [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin']
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, program))
    .find((file) => existsSync(file)) ?? null;

const librariesIn = (content: string): string => {
  const folder = path.join(content, 'usr/lib');
  const machine = readdirSync(folder).find((entry) => entry.includes('-linux-'));
  return path.join(folder, machine ?? '.');
};

const inFolder = (content: string): Haproxy => ({
  program: path.join(content, 'usr/sbin/haproxy'),
  libraries: librariesIn(content),
});

/** One that was unpacked before, whichever version. */
const cached = (): Haproxy | null => {
  const versions = existsSync(cache()) ? readdirSync(cache()).sort() : [];
  const last = versions.findLast((version) => existsSync(path.join(cache(), version, 'usr/sbin/haproxy')));
  return last === undefined ? null : inFolder(path.join(cache(), last));
};

/** Unpacks Debian's packages into the cache, whole or not at all; needs no rights. Some 3 MB. */
const unpacked = async (): Promise<Haproxy> => {
  await mkdir(cache(), { recursive: true });
  const unfinished = await mkdtemp(path.join(cache(), '.new-'));
  try {
    await execute('apt-get', ['download', ...packages], { cwd: unfinished, timeout: 300_000 });
    const archives = readdirSync(unfinished).filter((file) => file.endsWith('.deb'));
    const content = path.join(unfinished, 'content');
    for (const archive of archives)
      await execute('dpkg-deb', ['-x', path.join(unfinished, archive), content]);
    const version = archives.find((file) => file.startsWith('haproxy_'))?.split('_')[1] ?? 'unknown';
    const place = path.join(cache(), version.replace(/[^A-Za-z0-9.]/g, '-'));
    // Another test run may have been faster.
    if (!existsSync(place)) await rename(content, place);
    return inFolder(place);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
};

const install = 'install HAProxy, or put the path of its program into SLUICE_HAPROXY';

/**
 * A real HAProxy: `SLUICE_HAPROXY`, then PATH, then the cache folder, then Debian's package. Without one it says what is
 * missing in a sentence.
 */
export const obtainHaproxy = async (): Promise<Obtained> => {
  const given = process.env['SLUICE_HAPROXY'] ?? '';
  if (given !== '') {
    if (existsSync(given)) return { program: given, libraries: null };
    return {
      program: null,
      sentence: `SLUICE_HAPROXY is ${given}, which is not there: correct or unset it.`,
    };
  }
  const found = onPath('haproxy');
  if (found !== null) return { program: found, libraries: null };
  const kept = cached();
  if (kept !== null) return kept;
  if (onPath('apt-get') === null || onPath('dpkg-deb') === null)
    return { program: null, sentence: `No HAProxy was found, and this is no Debian: ${install}.` };
  try {
    return await unpacked();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { program: null, sentence: `No HAProxy was found, nor could be fetched (${why}): ${install}.` };
  }
};

if (import.meta.main) {
  const obtained = await obtainHaproxy();
  process.stdout.write(`${obtained.program ?? obtained.sentence}\n`);
  process.exitCode = obtained.program === null ? 1 : 0;
}
