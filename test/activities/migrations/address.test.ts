import { expect, test } from '@jest/globals';
import { sqlDriver } from '../../../activities/migrations/sql/sql-driver.ts';
import { digest } from '../../runbooks/make.ts';
import { migrationsFolder } from './files.ts';
import { sqlOf } from './blocks.ts';

test('an address that is not there, or leads nowhere, is told without its password', async () => {
  const { folder, remove } = await migrationsFolder({ '0001-a/expand.sql': 'SELECT 1' });
  const sql = sqlOf({ url: 'env:DB', directory: folder });
  const look = (env: Readonly<Record<string, string>>) =>
    sqlDriver(sql, env).look({ to: { version: '1', digest: digest('a') }, from: null });
  try {
    await expect(look({})).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('env:DB is not there'),
    });
    for (const DB of ['postgres://app:tOpSeCrEt@127.0.0.1:1/shop', 'postgres://app:tOpSeCrEt@[/x']) {
      await expect(look({ DB })).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      await expect(look({ DB })).rejects.toMatchObject({ message: expect.not.stringContaining('tOpSeCrEt') });
    }
  } finally {
    await remove();
  }
});
