import { cpSync, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { migrationsHash } from '../../src/store/migrations.ts';
import { prepareLedgerTemplate, unpackTemplate } from '../../src/store/template.ts';

const cache = path.resolve(import.meta.dirname, '../../.cache');

/** What `make` makes at the path it is given, once for these sources' migrations; it appears whole or not at all. */
const once = async (name: string, make: (made: string) => Promise<void>): Promise<string> => {
  const place = path.join(cache, `${name}-${migrationsHash().slice(0, 16)}`);
  if (existsSync(place)) return place;
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, '.making-'));
  try {
    const made = path.join(folder, 'made');
    await make(made);
    await rename(made, place);
  } catch (error) {
    // Of several test files that begin at once one is the first; a folder can't be put over another.
    if (!existsSync(place)) throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return place;
};

/** A prepared ledger of these sources' migrations, packed as the build packs it. */
export const testLedgerTemplate = (): Promise<string> => once('prepared-ledger', prepareLedgerTemplate);

const unpacked = (): Promise<string> =>
  once('unpacked-ledger', async (made) => {
    const data = await unpackTemplate(await testLedgerTemplate(), made);
    if (data === null) throw new Error('the template of these very sources is of no use to them');
  });

/** Lays a prepared ledger into `folder`, as if one had been opened there before. @returns what `openLedger` asks for */
export const layLedger = async (
  folder: string,
): Promise<{ readonly folder: string; readonly address: string; readonly template: null }> => {
  cpSync(path.join(await unpacked(), 'data'), path.join(folder, 'data'), { recursive: true });
  return { folder, address: 'test', template: null };
};
