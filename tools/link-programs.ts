import { lstat, symlink, unlink } from 'node:fs/promises';
import path from 'node:path';
import { exists, root } from './stamp.ts';

/**
 * Puts this package's own programs beside those of its dependencies, so that `npx sluice` in a checkout runs it at once
 * and never asks a registry for a package of that name.
 *
 * @returns whether there was anything to do
 */
export async function linkPrograms(): Promise<boolean> {
  let made = false;
  for (const name of ['sluice', 'sluiced']) {
    const link = path.join(root, 'node_modules', '.bin', name);
    if (await exists(link)) continue;
    // A link that leads nowhere is not there to `exists`, but stands in the way.
    if ((await lstat(link).catch(() => null)) !== null) await unlink(link);
    await symlink(path.join('..', '..', 'bin', `${name}.js`), link);
    made = true;
  }
  return made;
}
