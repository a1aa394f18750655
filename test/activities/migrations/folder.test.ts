import { expect, test } from '@jest/globals';
import { readMigrations } from '../../../activities/migrations/sql/folder.ts';
import { migrationsFolder } from './files.ts';

const add = 'ALTER TABLE users ADD COLUMN email text';
const fill = 'UPDATE users SET email = mail';

const read = async (files: Readonly<Record<string, string>>) => {
  const { folder, remove } = await migrationsFolder(files);
  try {
    return await readMigrations(folder);
  } finally {
    await remove();
  }
};

test('migrations are read in the order of their names, with what belongs to them', async () => {
  const found = await read({
    '0010-b/expand.sql': add,
    '0002-a/expand.sql': add,
    '0002-a/backfill.sql': fill,
    '0002-a/README.md': 'why',
    'README.md': 'about all of them',
    '.hidden/x': '',
  });
  expect(found.map(({ name, backfill, contract }) => [name, backfill?.text, contract])).toEqual([
    ['0002-a', fill, null],
    ['0010-b', undefined, null],
  ]);
});

test.each([
  [{ '0001-email/up.sql': add }, 'up.sql is no part of a migration'],
  [{ '0001-email/backfill.sql': fill }, 'has no expand.sql'],
  [{ 'email/expand.sql': add }, 'is not the name of a migration'],
  [{ '0001-a/expand.sql': add, '0001-b/expand.sql': add }, 'have the same number'],
  [{ '0001-a/expand.sql': add, '00002-b/expand.sql': add }, 'different numbers of digits'],
  [{ 'expand.sql': add }, 'is no folder'],
])('files %j are refused', async (files, message) => {
  await expect(read(files)).rejects.toMatchObject({
    code: 'MIGRATION_INVALID',
    message: expect.stringContaining(message),
  });
});

test('a folder that is not there is refused', async () => {
  await expect(readMigrations('/no/such/folder')).rejects.toMatchObject({
    code: 'MIGRATION_INVALID',
    hint: expect.stringContaining('migrations.sql.directory'),
  });
});
