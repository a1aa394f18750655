import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

const cache = (): string =>
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'sluice', 'prometheus');

const folders = (): readonly string[] =>
  (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));

const onPath = (program: string): string | null =>
  folders()
    .map((folder) => path.join(folder, program))
    .find((file) => existsSync(file)) ?? null;

/** One that was unpacked before, whichever version: they answer alike. */
const cached = (): string | null => {
  const versions = existsSync(cache()) ? readdirSync(cache()).sort() : [];
  const programs = versions.map((version) => path.join(cache(), version, 'usr/bin/prometheus'));
  return programs.findLast((program) => existsSync(program)) ?? null;
};

/** Unpacks Debian's package into the cache, whole or not at all; needs no rights. Some 120 MB. */
const unpacked = async (): Promise<string> => {
  await mkdir(cache(), { recursive: true });
  const unfinished = await mkdtemp(path.join(cache(), '.new-'));
  try {
    await execute('apt-get', ['download', 'prometheus'], { cwd: unfinished, timeout: 300_000 });
    const archive = readdirSync(unfinished).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get download left no package');
    const content = path.join(unfinished, 'content');
    await execute('dpkg-deb', ['-x', path.join(unfinished, archive), content]);
    const version = archive.split('_')[1] ?? 'unknown';
    const place = path.join(cache(), version.replace(/[^A-Za-z0-9.]/g, '-'));
    // Another test run may have been faster.
    if (!existsSync(place)) await rename(content, place);
    return path.join(place, 'usr/bin/prometheus');
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
};

export type Obtained = { readonly program: string } | { readonly program: null; readonly sentence: string };

const install = 'install Prometheus, or put the path of its program into SLUICE_PROMETHEUS';

/**
 * A real Prometheus: `SLUICE_PROMETHEUS`, then PATH, then the cache folder, then Debian's package. Without one it says
 * what is missing in a sentence.
 */
export const obtainPrometheus = async (): Promise<Obtained> => {
  const given = process.env['SLUICE_PROMETHEUS'] ?? '';
  if (given !== '') {
    if (existsSync(given)) return { program: given };
    return {
      program: null,
      sentence: `SLUICE_PROMETHEUS is ${given}, which is not there: correct or unset it.`,
    };
  }
  const found = onPath('prometheus') ?? cached();
  if (found !== null) return { program: found };
  if (onPath('apt-get') === null || onPath('dpkg-deb') === null)
    return { program: null, sentence: `No Prometheus was found, and this is no Debian: ${install}.` };
  try {
    return { program: await unpacked() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { program: null, sentence: `No Prometheus was found, nor could be fetched (${why}): ${install}.` };
  }
};

if (import.meta.main) {
  const obtained = await obtainPrometheus();
  process.stdout.write(`${obtained.program ?? obtained.sentence}\n`);
  process.exitCode = obtained.program === null ? 1 : 0;
}
