import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { packaged } from '../src/packaged.ts';
import { hashSources, isFresh, makeFile, root } from './stamp.ts';

type TemplateModule = { readonly prepareLedgerTemplate: (outFile: string) => Promise<unknown> };

/**
 * Makes `dist/ledger-template.tar.gz`, the ledger that a new data folder starts from (3–12 s: an empty PostgreSQL is
 * initialised and migrated), unless it is up to date.
 *
 * @returns whether there was anything to do
 */
export async function buildLedger(): Promise<boolean> {
  const hash = await hashSources(root, ['src/store', 'package-lock.json', 'tools/build-ledger.ts']);
  if (await isFresh(packaged.ledgerTemplate, hash)) return false;
  // Imported here because it loads the database, which takes longer than finding that all is fresh.
  const source = path.join(root, 'src', 'store', 'template.ts');
  const template: unknown = await import(pathToFileURL(source).href);
  if (!makesTemplate(template)) throw new Error(`${source} does not export prepareLedgerTemplate(outFile).`);
  await makeFile(packaged.ledgerTemplate, hash, async (file) => {
    await template.prepareLedgerTemplate(file);
  });
  return true;
}

function makesTemplate(module: unknown): module is TemplateModule {
  return (
    typeof module === 'object' &&
    module !== null &&
    'prepareLedgerTemplate' in module &&
    typeof module.prepareLedgerTemplate === 'function'
  );
}
