import { fileURLToPath } from 'node:url';

/**
 * Path of a program beside the module `from` (its `import.meta.url`): `.ts` when run from source, `.js` when compiled.
 * `relative` has no extension.
 */
export const siblingEntry = (from: string, relative: string): string => {
  const extension = from.endsWith('.ts') ? '.ts' : '.js';
  return fileURLToPath(new URL(`${relative}${extension}`, from));
};
