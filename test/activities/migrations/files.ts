import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder of migrations of a test: `{ '0001-a/expand.sql': '…' }`. */
export type Files = Readonly<Record<string, string>>;

export const writeFiles = async (folder: string, files: Files): Promise<void> => {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
};

/** A fresh folder with those files. */
export const migrationsFolder = async (
  files: Files,
): Promise<{ readonly folder: string; readonly remove: () => Promise<void> }> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-migrations-'));
  await writeFiles(folder, files);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
};
