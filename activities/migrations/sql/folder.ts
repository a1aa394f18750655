import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, systemCode } from '../../targets/practice/system-code.ts';
import { fault } from '../fault.ts';

export const phases = ['expand', 'backfill', 'contract'] as const;
export type Phase = (typeof phases)[number];

/** One file of a migration as it stands on the disk. */
export type SqlFile = { readonly path: string; readonly text: string; readonly sha256: string };

/** A folder `0001-name`: what it adds, how old rows follow, and what it takes away in the end. */
export type SqlMigration = {
  readonly name: string;
  readonly expand: SqlFile;
  readonly backfill: SqlFile | null;
  readonly contract: SqlFile | null;
};

const namePattern = /^[0-9]{4,8}-[a-z0-9]+(?:-[a-z0-9]+)*$/;
const largest = 1024 * 1024;

const invalid = (message: string, hint: string, cause?: unknown) =>
  fault('MIGRATION_INVALID', { message, hint }, cause);

const entriesOf = async (folder: string): Promise<readonly Dirent[]> => {
  try {
    const found = await readdir(folder, { withFileTypes: true });
    // What editors and systems leave behind is nobody's migration.
    return found
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  } catch (error) {
    throw invalid(
      `The folder of migrations ${folder} can not be read (${messageOf(error)}).`,
      'Point migrations.sql.directory at the folder that holds 0001-name/expand.sql; it must lie where the worker runs.',
      error,
    );
  }
};

const readSql = async (path: string): Promise<SqlFile | null> => {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw invalid(
      `${path} can not be read (${messageOf(error)}).`,
      'The worker must be able to read it.',
      error,
    );
  }
  if (bytes.length > largest) throw invalid(`${path} is larger than 1 MiB.`, 'Split the migration.');
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw invalid(`${path} is not UTF-8.`, 'Save it as UTF-8.');
  return { path, text, sha256: createHash('sha256').update(bytes).digest('hex') };
};

const readMigration = async (folder: string, name: string): Promise<SqlMigration> => {
  const inside = join(folder, name);
  const known: readonly string[] = phases.map((phase) => `${phase}.sql`);
  for (const { name: file } of await entriesOf(inside)) {
    if (known.includes(file) || file.toLowerCase().endsWith('.md')) continue;
    throw invalid(
      `${join(inside, file)} is no part of a migration.`,
      `A migration holds ${known.join(', ')}, and what is written about it (*.md).`,
    );
  }
  const [expand, backfill, contract] = await Promise.all(
    phases.map((phase) => readSql(join(inside, `${phase}.sql`))),
  );
  if (expand === null || expand === undefined) {
    throw invalid(`${inside} has no expand.sql.`, 'Every migration begins by adding something.');
  }
  return { name, expand, backfill: backfill ?? null, contract: contract ?? null };
};

/**
 * The migrations of a folder in their order, which is that of their names.
 *
 * @throws SluiceError MIGRATION_INVALID that names the file
 */
export const readMigrations = async (folder: string): Promise<readonly SqlMigration[]> => {
  const found = await entriesOf(folder);
  const migrations: SqlMigration[] = [];
  const numbers = new Map<number, string>();
  for (const entry of found) {
    if (!entry.isDirectory()) {
      if (entry.name.toLowerCase().endsWith('.md')) continue;
      throw invalid(
        `${join(folder, entry.name)} is no folder: each migration is one, such as 0001-add-email.`,
        'Put it into a folder as expand.sql.',
      );
    }
    if (!namePattern.test(entry.name)) {
      throw invalid(
        `${join(folder, entry.name)} is not the name of a migration.`,
        'Name it by a number of four or more digits and some words: 0001-add-email.',
      );
    }
    const number = Number(entry.name.split('-')[0]);
    const twin = numbers.get(number);
    if (twin !== undefined) {
      throw invalid(`${twin} and ${entry.name} have the same number.`, 'Give the newer one the next number.');
    }
    numbers.set(number, entry.name);
    migrations.push(await readMigration(folder, entry.name));
  }
  const widths = new Set(migrations.map(({ name }) => name.split('-')[0]?.length));
  if (widths.size > 1) {
    throw invalid(
      `The migrations of ${folder} are numbered with different numbers of digits.`,
      'Fill them up with zeros, so that they sort as they are meant.',
    );
  }
  return migrations;
};
