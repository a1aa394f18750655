import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** What `findPart` and `process.env` have in common, so that a test can pass its own. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type PartName = 'temporal' | 'temporal-test-server';

/** A program that Sluice starts but does not contain. */
export type Part = {
  readonly name: PartName;
  readonly title: string;
  /** Exactly this version is downloaded or built. */
  readonly version: string;
  /** File name of the program, in the cache and on PATH. */
  readonly program: string;
  /** Environment variable with the path of a program to use instead; asked first, believed, never searched past. */
  readonly variable: string;
  /** Whether a program on PATH serves: it must be this version or a newer one of the same major. */
  readonly onPath: boolean;
  readonly neededFor: string;
  /** What to install where the vendor's download can't be reached: the end of a sentence. */
  readonly otherwise: string;
};

/** Every outside program in one table: set-up obtains from it, `sluiced dev` starts from it, `sluice doctor` prints it. */
export const parts: Readonly<Record<PartName, Part>> = {
  temporal: {
    name: 'temporal',
    title: 'Temporal CLI',
    version: '1.8.2',
    program: 'temporal',
    variable: 'SLUICE_TEMPORAL_CLI',
    onPath: true,
    neededFor: 'sluiced dev, which runs every rollout on it',
    otherwise: 'Go 1.26.4 or newer, from which the set-up builds it',
  },
  'temporal-test-server': {
    name: 'temporal-test-server',
    title: 'Temporal time-skipping test server',
    version: '1.38.0',
    program: 'temporal-test-server',
    variable: 'SLUICE_TEST_SERVER',
    onPath: false,
    neededFor: 'the tests of hours-long timers',
    otherwise: 'Java 17 or newer and Maven, with which the set-up fetches it',
  },
};

export type FoundPart = {
  readonly found: true;
  readonly part: Part;
  readonly path: string;
  readonly from: 'variable' | 'path' | 'cache';
};

/** `sentence` says what is missing and what to do about it. */
export type MissingPart = { readonly found: false; readonly part: Part; readonly sentence: string };

/** Folder that holds one version of a part: `$XDG_CACHE_HOME/sluice/<part>/<version>`, by default under `~/.cache`. */
export function partFolder(part: Part, env: Environment = process.env): string {
  const cache = env['XDG_CACHE_HOME'];
  // The XDG specification: a relative path is to be ignored.
  const base = cache !== undefined && path.isAbsolute(cache) ? cache : path.join(homedir(), '.cache');
  return path.join(base, 'sluice', part.name, part.version);
}

/** Looks a part up (variable, PATH, cache) and installs nothing. Never rejects for a part that isn't there. */
export async function findPart(
  name: PartName,
  env: Environment = process.env,
): Promise<FoundPart | MissingPart> {
  const part = parts[name];
  const given = env[part.variable];
  if (given !== undefined && given !== '') {
    if (await isProgram(given)) return { found: true, part, path: path.resolve(given), from: 'variable' };
    const sentence = `${part.variable} is ${given}, which is not a program that can be run: correct or unset it.`;
    return { found: false, part, sentence };
  }
  const onPath = part.onPath ? await findOnPath(part, env) : undefined;
  if (onPath !== undefined) return { found: true, part, path: onPath, from: 'path' };
  const cached = path.join(partFolder(part, env), part.program);
  if (await isProgram(cached)) return { found: true, part, path: cached, from: 'cache' };
  const sentence =
    `${part.title} ${part.version} is missing: run \`npm run setup\` in a checkout of Sluice, or install it ` +
    `and put its path into ${part.variable}.`;
  return { found: false, part, sentence };
}

async function findOnPath(part: Part, env: Environment): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(path.delimiter)) {
    if (!path.isAbsolute(folder)) continue;
    const candidate = path.join(folder, part.program);
    if ((await isProgram(candidate)) && serves(part, await versionOf(candidate))) return candidate;
  }
  return undefined;
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch (error) {
    // Absent or not ours to run; any other fault (a dying disk) deserves to be seen.
    if (
      error instanceof Error &&
      'code' in error &&
      ['ENOENT', 'ENOTDIR', 'EACCES'].includes(String(error.code))
    ) {
      return false;
    }
    throw error;
  }
}

/** The first version number in the output of `program --version`; undefined where it prints none or fails. */
async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 10_000 });
    return /\d+\.\d+\.\d+/.exec(stdout)?.[0];
  } catch {
    // A program of that name which can't tell its version is some other program: the search goes on.
    return undefined;
  }
}

/** Whether `version` can stand in for the part's own: the same major, not older. */
export function serves(part: Pick<Part, 'version'>, version: string | undefined): boolean {
  if (version === undefined) return false;
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const [ownMajor = 0, ownMinor = 0, ownPatch = 0] = part.version.split('.').map(Number);
  if (major !== ownMajor) return false;
  return minor > ownMinor || (minor === ownMinor && patch >= ownPatch);
}
