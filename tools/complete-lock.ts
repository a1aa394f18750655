import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { say } from './report.ts';
import { root } from './stamp.ts';

type LockedPackage = {
  readonly version?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optional?: boolean;
  readonly os?: readonly string[];
};

/** `package-lock.json`, as far as this reads it; the rest is passed through in its order. */
export type Lock = { readonly packages: Readonly<Record<string, LockedPackage>> };

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];

/** The packages that others in the lock file ask for and it lacks, as `place of the one asking → name@version`. */
export function missingPackages(
  lock: Lock,
): readonly { readonly by: string; readonly name: string; readonly version: string }[] {
  return Object.entries(lock.packages).flatMap(([by, entry]) =>
    Object.entries({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter(([name]) => !isVisible(lock, by, name))
      .map(([name, version]) => ({ by, name, version })),
  );
}

/** Whether Node would find `name` from the package at `place`. */
function isVisible(lock: Lock, place: string, name: string): boolean {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const prefix = at === '' ? '' : `${at}/`;
    if (`${prefix}node_modules/${name}` in lock.packages) return true;
    if (!at.includes('/node_modules/')) return at !== '' && `node_modules/${name}` in lock.packages;
  }
}

/**
 * Adds the packages of other platforms that the registry at hand does not carry: npm writes a lock file without them
 * and then refuses that very file ("package.json and package-lock.json are not in sync"), here and everywhere else.
 *
 * @throws Error for a missing package that is no program of some platform: that has to be installed
 */
export function completeLock(lock: Lock): Lock {
  const packages: Record<string, LockedPackage> = { ...lock.packages };
  for (const { by, name, version } of missingPackages(lock)) {
    const words = name.split(/[-/]/);
    const os = words.filter((word) => systems.includes(word));
    const cpu = words.filter((word) => processors.includes(word));
    if (os.length !== 1 || cpu.length !== 1 || !/^\d+\.\d+\.\d+$/.test(version)) {
      throw new Error(`${by} needs ${name}@${version}, which the lock file lacks: run \`npm install\`.`);
    }
    const libc = /musl/.test(name) ? ['musl'] : /gnu|glibc/.test(name) ? ['glibc'] : undefined;
    packages[`node_modules/${name}`] = {
      version,
      cpu,
      ...(lock.packages[by]?.dev === true ? { dev: true } : {}),
      ...(libc === undefined ? {} : { libc }),
      optional: true,
      os,
    };
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(sorted) };
}

export async function readLock(): Promise<Lock> {
  return JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8')) as Lock;
}

if (import.meta.main) {
  const lock = await readLock();
  const missing = missingPackages(lock);
  if (missing.length > 0) {
    await writeFile(
      path.join(root, 'package-lock.json'),
      `${JSON.stringify(completeLock(lock), undefined, 2)}\n`,
    );
  }
  say(`Added ${missing.length} packages of other platforms to package-lock.json.`);
}
