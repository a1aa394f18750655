import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { migrationsHash } from '../../src/store/migrations.ts';
import { prepareLedgerTemplate } from '../../src/store/template.ts';

const cache = path.resolve(import.meta.dirname, '../../.cache');

/** A prepared ledger of these sources' migrations, made once: an embedded ledger of a test opens in a moment then. */
export const testLedgerTemplate = async (): Promise<string> => {
  const file = path.join(cache, `prepared-ledger-${migrationsHash().slice(0, 16)}.tar.gz`);
  if (existsSync(file)) return file;
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, '.template-'));
  try {
    const made = path.join(folder, 'template');
    await prepareLedgerTemplate(made);
    await rename(made, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return file;
};
