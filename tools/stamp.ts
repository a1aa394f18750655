import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Folder of the checkout. */
export const root = path.resolve(import.meta.dirname, '..');

/** Whether `error` is the file system's "no such file or folder". */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Whether something lies at `file`. */
export async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/**
 * SHA-256, in hex, over names and contents of `sources`: files and folders relative to `folder`, folders with all that
 * is in them. What doesn't exist counts as absent, so that its appearing changes the hash.
 */
export async function hashSources(folder: string, sources: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of await filesUnder(folder, source)) {
      const content = await readFile(path.join(folder, file));
      // Lengths keep a name and a content from running into each other.
      hash.update(`${file.length} ${file} ${content.length} `).update(content);
    }
  }
  return hash.digest('hex');
}

/** The files at or under `place`, relative to `folder`, with `/`, in one order on every machine. */
async function filesUnder(folder: string, place: string): Promise<readonly string[]> {
  try {
    if ((await stat(path.join(folder, place))).isFile()) return [place];
    const entries = await readdir(path.join(folder, place), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'),
      )
      .sort((a, b) => (a < b ? -1 : 1));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Whether `output` is there and was made from the sources with this hash. */
export async function isFresh(output: string, hash: string): Promise<boolean> {
  try {
    return (await exists(output)) && (await readFile(stampOf(output), 'utf8')) === hash;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/**
 * Lets `make` write a file beside `output`, then puts it in the place of `output` together with the stamp: another
 * process sees the old one or the new one, and one that was killed halfway leaves the old one.
 */
export async function makeFile(
  output: string,
  hash: string,
  make: (file: string) => Promise<void>,
): Promise<void> {
  await mkdir(path.dirname(output), { recursive: true });
  const unfinished = path.join(path.dirname(output), `.${path.basename(output)}.${process.pid}`);
  try {
    await make(unfinished);
    await rename(unfinished, output);
    await stamp(output, hash);
  } finally {
    await rm(unfinished, { force: true, recursive: true });
  }
}

/** Notes that `output` was made from the sources with this hash. */
export async function stamp(output: string, hash: string): Promise<void> {
  await writeFile(stampOf(output), hash);
}

/** Dot files in `dist` stay out of the package. */
function stampOf(output: string): string {
  return path.join(path.dirname(output), `.${path.basename(output)}.sources`);
}
