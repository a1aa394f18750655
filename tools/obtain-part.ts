import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  type Environment,
  findPart,
  type FoundPart,
  type Part,
  partFolder,
  type PartName,
} from '../src/parts.ts';
import { download, releaseOf, thisMachine } from './obtain-download.ts';
import { buildWithGo } from './obtain-go.ts';
import { fetchWithMaven } from './obtain-maven.ts';
import { say, sentenceOf } from './report.ts';

/** One way to a part: makes `program` in a folder that is there for nothing else, or rejects with the reason. */
export type Way = { readonly name: string; readonly make: (part: Part, program: string) => Promise<void> };

const fromSource: Readonly<Record<PartName, Way>> = {
  temporal: { name: 'build', make: buildWithGo },
  'temporal-test-server': { name: 'Maven', make: fetchWithMaven },
};

const fromVendor: Way = {
  name: 'download',
  make: async (part, program) => {
    const machine = thisMachine();
    if (machine === undefined) throw new Error(`the vendor has none for ${process.platform} ${process.arch}`);
    await download(releaseOf(part, machine), program);
    say(`Downloaded ${part.title} ${part.version}; its SHA-256 is the vendor's.`);
  },
};

/**
 * Finds a part, or puts it into the cache: downloaded from its vendor, else made with the tools of this machine. A
 * part appears in the cache whole or not at all, also when two set-ups run at once.
 *
 * @throws Error with one sentence that says what to install, and why each way failed
 */
export async function obtainPart(
  name: PartName,
  env: Environment = process.env,
  ways: readonly Way[] = [fromVendor, fromSource[name]],
): Promise<FoundPart> {
  const found = await findPart(name, env);
  if (found.found) return found;
  const { part } = found;
  // A path that somebody gave is wrong: obtaining another program would hide that.
  if ((env[part.variable] ?? '') !== '') throw new Error(found.sentence);
  const reasons: string[] = [];
  for (const way of ways) {
    try {
      await intoCache(part, env, way);
      reasons.push(`${way.name}: what it made can't be run`);
    } catch (error) {
      reasons.push(`${way.name}: ${sentenceOf(error)}`);
    }
    // Looked for even after a failure: another set-up may have been first to put it there.
    const obtained = await findPart(name, env);
    if (obtained.found) return obtained;
  }
  throw new Error(
    `${part.title} ${part.version} can't be had: install ${part.otherwise}, or put the path of one into ` +
      `${part.variable}.\n${reasons.map((reason) => `  ${reason}`).join('\n')}`,
  );
}

const inTheWay: ReadonlySet<unknown> = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR']);

/** `false`: something lies there already. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && inTheWay.has(error.code)) return false;
    throw error;
  }
}

async function intoCache(part: Part, env: Environment, way: Way): Promise<void> {
  const folder = partFolder(part, env);
  await mkdir(path.dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(path.join(path.dirname(folder), `.${part.version}-`));
  try {
    await way.make(part, path.join(unfinished, part.program));
    if (await moved(unfinished, folder)) return;
    // What another set-up has made meanwhile stays: it may be in use by now. Anything else can't be run.
    if ((await findPart(part.name, env)).found) return;
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
