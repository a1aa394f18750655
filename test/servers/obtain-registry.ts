import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A Go program of the tests: exactly this version is built, from the Go module proxy. */
type GoProgram = {
  readonly name: 'registry' | 'crane';
  readonly version: string;
  readonly source: string;
  readonly variable: string;
};

const programs = {
  /** The CNCF's distribution registry: the reference of the OCI distribution API. About a minute on two cores. */
  registry: {
    name: 'registry',
    version: '3.1.2',
    source: 'github.com/distribution/distribution/v3/cmd/registry',
    variable: 'SLUICE_TEST_REGISTRY',
  },
  /** Pushes images made from tar files, without a container engine, and says their digests independently of us. */
  crane: {
    name: 'crane',
    version: '0.22.1',
    source: 'github.com/google/go-containerregistry/cmd/crane',
    variable: 'SLUICE_TEST_CRANE',
  },
} as const satisfies Readonly<Record<string, GoProgram>>;

const folderOf = ({ name, version }: GoProgram): string =>
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'sluice', name, version);

const build = async (program: GoProgram): Promise<string> => {
  const folder = folderOf(program);
  await mkdir(path.dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(path.join(path.dirname(folder), '.new-'));
  try {
    await execute(
      'go',
      ['install', '-trimpath', '-ldflags', '-s -w', `${program.source}@v${program.version}`],
      {
        // Not inside of a module of ours: `go install` of a version needs none.
        cwd: unfinished,
        env: { ...process.env, GOBIN: unfinished, CGO_ENABLED: '0', GOFLAGS: '' },
        timeout: 900_000,
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    // Another test run may have been faster.
    if (!existsSync(folder)) await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return path.join(folder, program.name);
};

const obtain = async (program: GoProgram): Promise<string> => {
  const given = process.env[program.variable] ?? '';
  if (given !== '') {
    if (existsSync(given)) return given;
    throw new Error(`${program.variable} is ${given}, which is not there: correct or unset it.`);
  }
  const cached = path.join(folderOf(program), program.name);
  if (existsSync(cached)) return cached;
  try {
    return await build(program);
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n').at(-1) ?? '') : String(error);
    throw new Error(
      `No ${program.name} ${program.version} was found, nor could be built (${why}): install Go, or put the path of ` +
        `its program into ${program.variable}.`,
      { cause: error },
    );
  }
};

export type RegistryPrograms = { readonly registry: string; readonly crane: string };

/** Both programs, built into the cache where they are not there yet. Rejects with a sentence that says what to do. */
export const obtainRegistry = async (): Promise<RegistryPrograms> => ({
  registry: await obtain(programs.registry),
  crane: await obtain(programs.crane),
});

if (import.meta.main) {
  const { registry, crane } = await obtainRegistry();
  process.stdout.write(`${registry}\n${crane}\n`);
}
