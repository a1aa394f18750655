import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

// This module runs as `src/packaged.ts` in a checkout and as `dist/src/packaged.js` in the package.
const fromSources = import.meta.filename.endsWith('.ts');
const packageFolder = path.resolve(import.meta.dirname, fromSources ? '..' : '../..');

/** What the build made for run time; in a checkout `npm run build` makes it anew when its sources changed. */
export const packaged = {
  /** The workflow code in one file. Its SHA-256 is the build id of a production worker. */
  workflowBundle: path.join(packageFolder, 'dist', 'workflow-bundle.js'),
  /** An empty embedded ledger, migrated, to be unpacked into a new data folder. */
  ledgerTemplate: path.join(packageFolder, 'dist', 'ledger-template.tar.gz'),
} as const;

/** The version in `package.json`. */
export function packageVersion(): string {
  const file = path.join(packageFolder, 'package.json');
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}
