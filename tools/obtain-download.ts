import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Part, PartName } from '../src/parts.ts';
import { sentenceOf } from './report.ts';
import { runProgram } from './run-program.ts';

/** A machine that parts are made for, in Go's words. */
export type Machine = { readonly os: 'linux' | 'darwin'; readonly arch: 'amd64' | 'arm64' };

/** What the vendor publishes of a part, and where. */
export type Release = {
  readonly archive: string;
  /** Path of the program inside the archive. */
  readonly member: string;
  readonly url: string;
  readonly checksum:
    /** A text file with lines of `<sha256>  <archive>`. */
    | { readonly kind: 'list'; readonly url: string }
    /** GitHub's description of the release, in which each asset has a `digest`. */
    | { readonly kind: 'digest'; readonly url: string };
};

/** Longer than a slow proxy takes to answer, short enough for a firewall that swallows everything. */
const silenceMs = 10_000;

/** This machine, or undefined where the vendor builds nothing for it. */
export function thisMachine(platform = process.platform, arch = process.arch): Machine | undefined {
  if (platform !== 'linux' && platform !== 'darwin') return undefined;
  if (arch === 'x64') return { os: platform, arch: 'amd64' };
  return arch === 'arm64' ? { os: platform, arch: 'arm64' } : undefined;
}

/**
 * The names under which a release is published: the CLI's come from its `.goreleaser.yml`, the test server's from
 * sdk-java's release workflow, which says `macOS` and packs a folder.
 */
export function releaseOf(part: Part, { os, arch }: Machine): Release {
  return releases[part.name](part.version, { os, arch });
}

const releases: Readonly<Record<PartName, (version: string, machine: Machine) => Release>> = {
  temporal: (version, { os, arch }) => {
    const archive = `temporal_cli_${version}_${os}_${arch}.tar.gz`;
    const base = `https://github.com/temporalio/cli/releases/download/v${version}`;
    const checksum = { kind: 'list', url: `${base}/checksums.txt` } as const;
    return { archive, member: 'temporal', url: `${base}/${archive}`, checksum };
  },
  'temporal-test-server': (version, { os, arch }) => {
    const folder = `temporal-test-server_${version}_${os === 'darwin' ? 'macOS' : os}_${arch}`;
    const archive = `${folder}.tar.gz`;
    const repository = 'temporalio/sdk-java';
    return {
      archive,
      member: `${folder}/temporal-test-server`,
      url: `https://github.com/${repository}/releases/download/v${version}/${archive}`,
      checksum: {
        kind: 'digest',
        url: `https://api.github.com/repos/${repository}/releases/tags/v${version}`,
      },
    };
  },
};

/**
 * Downloads a release, verifies its SHA-256 and unpacks its program as `program`, in a folder of its own. Rejects
 * with the reason: not reachable, not published, not what the vendor's checksum says.
 */
export async function download(release: Release, program: string): Promise<void> {
  const folder = path.dirname(program);
  await mkdir(folder, { recursive: true });
  const wanted = await publishedChecksum(release);
  const archive = path.join(folder, release.archive);
  const got = await fetchFile(release.url, archive);
  if (got !== wanted) {
    throw new Error(
      `${release.url} has the SHA-256 ${got}, and its vendor says ${wanted}: it was thrown away`,
    );
  }
  const unpacked = await runProgram('tar', ['-xzf', release.archive, release.member], folder);
  if (!unpacked.ok) throw new Error(`tar could not unpack ${release.archive}: ${unpacked.output.trim()}`);
  await rename(path.join(folder, release.member), program);
}

const releaseDescription = z.object({
  assets: z.array(z.object({ name: z.string(), digest: z.string().nullish() })),
});

async function publishedChecksum({ archive, checksum }: Release): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bodyOf(checksum.url)) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  const found = checksum.kind === 'list' ? checksumInList(body, archive) : digestOfAsset(body, archive);
  if (found === undefined) throw new Error(`${checksum.url} has no SHA-256 of ${archive}`);
  return found;
}

/** The SHA-256 that a `checksums.txt` gives for a file. */
export function checksumInList(list: string, file: string): string | undefined {
  for (const line of list.split('\n')) {
    const [, sum, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line.trim()) ?? [];
    if (name === file) return sum;
  }
  return undefined;
}

function digestOfAsset(description: string, file: string): string | undefined {
  const { assets } = releaseDescription.parse(JSON.parse(description));
  const digest = assets.find(({ name }) => name === file)?.digest;
  return /^sha256:([0-9a-f]{64})$/.exec(digest ?? '')?.[1];
}

/** Writes the body to `file`; SHA-256 in hex. */
async function fetchFile(url: string, file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(async function* hashed() {
    for await (const chunk of bodyOf(url)) {
      hash.update(chunk);
      yield chunk;
    }
  }, createWriteStream(file));
  return hash.digest('hex');
}

/** The body behind `url`, as long as it doesn't fall silent: a download may be slow, but not stuck. */
async function* bodyOf(url: string): AsyncGenerator<Uint8Array, void> {
  const silence = new AbortController();
  const timer = setTimeout(
    () => silence.abort(new Error(`nothing came for ${silenceMs / 1000} s`)),
    silenceMs,
  );
  try {
    const response = await fetch(url, { signal: silence.signal });
    if (!response.ok || response.body === null) throw new Error(`it answers ${response.status}`);
    for await (const chunk of response.body) {
      timer.refresh();
      yield chunk;
    }
  } catch (error) {
    throw new Error(`${url} can't be had: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** fetch() itself says "fetch failed"; the reason is its cause. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : sentenceOf(error);
}
