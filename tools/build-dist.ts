import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { runTool } from './run-program.ts';
import { exists, hashSources, isFresh, root, stamp } from './stamp.ts';

const tower = ['runbooks', 'workflows', 'src', 'activities', 'worker'] as const;

/**
 * Compiles the five folders to JavaScript under `dist` (5–15 s), unless they are up to date. Rejects with the
 * compiler's errors, and leaves the last good build in place then.
 *
 * @returns whether there was anything to do
 */
export async function buildDist(): Promise<boolean> {
  const dist = path.join(root, 'dist');
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'tools/build-dist.ts'];
  const hash = await hashSources(root, [...tower, ...settings]);
  // The folder that is put in place last stands for all of them.
  const mark = path.join(dist, 'worker');
  if (await isFresh(mark, hash)) return false;
  const unfinished = path.join(dist, `.compiled.${process.pid}`);
  try {
    const compiled = await runTool('typescript/bin/tsc', [
      '-p',
      'tsconfig.build.json',
      '--outDir',
      unfinished,
    ]);
    if (!compiled.ok) throw new Error(`The sources do not compile:\n${compiled.output.trimEnd()}`);
    for (const folder of tower) {
      await rm(path.join(dist, folder), { recursive: true, force: true });
      const made = path.join(unfinished, folder);
      if (await exists(made)) await rename(made, path.join(dist, folder));
    }
    await stamp(mark, hash);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return true;
}
