import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findPart, partFolder, parts, serves } from '../../src/parts.ts';
import {
  checksumInList,
  download,
  releaseOf,
  thisMachine,
  type Release,
} from '../../tools/obtain-download.ts';
import { obtainPart, type Way } from '../../tools/obtain-part.ts';
import { runProgram } from '../../tools/run-program.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-parts-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

/** A program that says it is `version`. */
async function program(file: string, version = '1.8.2'): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\necho temporal version ${version} '(Server 1.31.2, UI 2.50.1)'\n`);
  await chmod(file, 0o755);
  return file;
}

const cacheOnly = (): Record<string, string> => ({ XDG_CACHE_HOME: folder, PATH: '' });

describe('finding a part', () => {
  test('in the cache', async () => {
    const file = await program(path.join(folder, 'sluice', 'temporal', parts.temporal.version, 'temporal'));
    expect(await findPart('temporal', cacheOnly())).toMatchObject({ found: true, path: file, from: 'cache' });
  });

  test('on PATH before the cache, if its version will do', async () => {
    await program(path.join(partFolder(parts.temporal, cacheOnly()), 'temporal'));
    const old = path.dirname(await program(path.join(folder, 'old', 'temporal'), '1.7.9'));
    const good = await program(path.join(folder, 'good', 'temporal'), '1.9.0');
    const PATH = ['relative', path.join(folder, 'absent'), old, path.dirname(good)].join(path.delimiter);
    expect(await findPart('temporal', { ...cacheOnly(), PATH })).toMatchObject({ path: good, from: 'path' });
    expect(await findPart('temporal', { ...cacheOnly(), PATH: old })).toMatchObject({ from: 'cache' });
  });

  test('where the variable says, before all else', async () => {
    const file = await program(path.join(folder, 'mine'), '0.0.0-DEV');
    const env = { ...cacheOnly(), SLUICE_TEMPORAL_CLI: file };
    expect(await findPart('temporal', env)).toMatchObject({ path: file, from: 'variable' });
  });

  test('a variable that names no program is said, and nothing else taken in its place', async () => {
    await program(path.join(partFolder(parts.temporal, cacheOnly()), 'temporal'));
    const env = { ...cacheOnly(), SLUICE_TEMPORAL_CLI: folder };
    expect(await findPart('temporal', env)).toMatchObject({
      found: false,
      sentence: `SLUICE_TEMPORAL_CLI is ${folder}, which is not a program that can be run: correct or unset it.`,
    });
    await expect(obtainPart('temporal', env, [])).rejects.toThrow('SLUICE_TEMPORAL_CLI is');
  });

  test('nowhere: what to do', async () => {
    const missing = await findPart('temporal', cacheOnly());
    expect(missing).toMatchObject({ found: false, sentence: expect.stringContaining('npm run setup') });
  });

  test.each([
    ['1.8.2', true],
    ['1.8.1', false],
    ['1.10.0', true],
    ['2.0.0', false],
    ['0.0.0', false],
    [undefined, false],
  ])('version %s serves for 1.8.2: %s', (version, answer) => {
    expect(serves({ version: '1.8.2' }, version)).toBe(answer);
  });

  test('the cache is under the home folder, unless XDG names an absolute one', () => {
    expect(partFolder(parts.temporal, { XDG_CACHE_HOME: '/var/x' })).toBe('/var/x/sluice/temporal/1.8.2');
    expect(partFolder(parts.temporal, { XDG_CACHE_HOME: 'x' })).toMatch(
      /\/\.cache\/sluice\/temporal\/1\.8\.2$/,
    );
  });
});

describe('obtaining a part', () => {
  const fails: Way = { name: 'first', make: () => Promise.reject(new Error('no network')) };
  const works: Way = {
    name: 'second',
    make: async (_, file) => {
      await program(file);
    },
  };

  test('a way that fails leaves nothing behind, and the next one is taken', async () => {
    const half: Way = {
      name: 'half',
      make: async (_, file) => {
        await writeFile(file, 'half');
        throw new Error('killed');
      },
    };
    const found = await obtainPart('temporal', cacheOnly(), [half, works]);
    expect(found.from).toBe('cache');
    expect(await readdir(path.join(folder, 'sluice', 'temporal'))).toEqual([parts.temporal.version]);
  });

  test('no way left: one sentence with what to install, and why each failed', async () => {
    const broken: Way = { name: 'second', make: async (_, file) => await writeFile(file, 'not executable') };
    await expect(obtainPart('temporal', cacheOnly(), [fails, broken])).rejects.toThrow(
      "Temporal CLI 1.8.2 can't be had: install Go 1.26.4 or newer, from which the set-up builds it, or put the " +
        "path of one into SLUICE_TEMPORAL_CLI.\n  first: no network\n  second: what it made can't be run",
    );
  });

  test('two set-ups at once: both end with the part', async () => {
    const both = await Promise.all(
      [1, 2].map(async () => await obtainPart('temporal', cacheOnly(), [works])),
    );
    expect(both.map(({ from }) => from)).toEqual(['cache', 'cache']);
    expect(await readdir(path.join(folder, 'sluice', 'temporal'))).toEqual([parts.temporal.version]);
  });

  test('what another set-up has made meanwhile is left where it is', async () => {
    const place = path.join(partFolder(parts.temporal, cacheOnly()), parts.temporal.program);
    const late: Way = {
      name: 'late',
      make: async (part, file) => {
        await works.make(part, file);
        await mkdir(path.dirname(place), { recursive: true });
        await program(place);
        await writeFile(path.join(path.dirname(place), 'first'), '');
      },
    };
    expect(await obtainPart('temporal', cacheOnly(), [late])).toMatchObject({ from: 'cache', path: place });
    expect(await readdir(path.dirname(place))).toContain('first');
    expect(await readdir(path.join(folder, 'sluice', 'temporal'))).toEqual([parts.temporal.version]);
  });

  test.each([
    ['a file', async (place: string) => writeFile(place, '')],
    ['a folder', async (place: string) => mkdir(path.join(place, 'empty'), { recursive: true })],
  ])('%s that lies in its place and can not be run makes way', async (_, lie) => {
    const place = partFolder(parts.temporal, cacheOnly());
    await mkdir(path.dirname(place), { recursive: true });
    await lie(place);
    expect(await obtainPart('temporal', cacheOnly(), [works])).toMatchObject({ from: 'cache' });
  });
});

describe("names of the vendor's archives", () => {
  test.each([
    [
      'linux',
      'x64',
      'temporal_cli_1.8.2_linux_amd64.tar.gz',
      'temporal-test-server_1.38.0_linux_amd64.tar.gz',
    ],
    [
      'linux',
      'arm64',
      'temporal_cli_1.8.2_linux_arm64.tar.gz',
      'temporal-test-server_1.38.0_linux_arm64.tar.gz',
    ],
    [
      'darwin',
      'x64',
      'temporal_cli_1.8.2_darwin_amd64.tar.gz',
      'temporal-test-server_1.38.0_macOS_amd64.tar.gz',
    ],
    [
      'darwin',
      'arm64',
      'temporal_cli_1.8.2_darwin_arm64.tar.gz',
      'temporal-test-server_1.38.0_macOS_arm64.tar.gz',
    ],
  ] as const)('%s %s', (platform, arch, cli, server) => {
    const machine = thisMachine(platform, arch);
    if (machine === undefined) throw new Error('no such machine');
    expect(releaseOf(parts.temporal, machine).archive).toBe(cli);
    expect(releaseOf(parts['temporal-test-server'], machine).archive).toBe(server);
  });

  test('nothing is published for other machines', () => {
    expect(thisMachine('win32', 'x64')).toBeUndefined();
    expect(thisMachine('linux', 'riscv64')).toBeUndefined();
  });

  test('a checksum belongs to the whole name', () => {
    const list = `${'a'.repeat(64)}  b.tar.gz\n${'c'.repeat(64)}  ab.tar.gz\n`;
    expect(checksumInList(list, 'b.tar.gz')).toBe('a'.repeat(64));
    expect(checksumInList(list, 'tar.gz')).toBeUndefined();
    expect(checksumInList('<html>', 'b.tar.gz')).toBeUndefined();
  });
});

describe('the download', () => {
  let server: Server;
  let files: Record<string, string | Buffer> = {};
  let base = '';

  beforeEach(async () => {
    await program(path.join(folder, 'make', 'inside', 'temporal'));
    await runProgram('tar', ['-czf', 'a.tar.gz', 'inside/temporal'], path.join(folder, 'make'));
    files = { '/a.tar.gz': await readFile(path.join(folder, 'make', 'a.tar.gz')) };
    server = createServer((request, response) => {
      const body = files[request.url ?? ''];
      response.writeHead(body === undefined ? 404 : 200).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    base = `http://127.0.0.1:${address.port}`;
  });
  afterEach(async () => {
    server.close();
    await once(server, 'close');
  });

  const sha256 = (): string =>
    createHash('sha256')
      .update(files['/a.tar.gz'] ?? '')
      .digest('hex');
  const release = (kind: 'list' | 'digest'): Release => ({
    archive: 'a.tar.gz',
    member: 'inside/temporal',
    url: `${base}/a.tar.gz`,
    checksum: { kind, url: `${base}/sums` },
  });
  const target = (): string => path.join(folder, 'got', 'temporal');

  test.each([
    ['list', () => `${sha256()}  a.tar.gz\n`],
    ['digest', () => JSON.stringify({ assets: [{ name: 'a.tar.gz', digest: `sha256:${sha256()}` }] })],
  ] as const)("is verified by the vendor's %s and unpacked", async (kind, sums) => {
    files['/sums'] = sums();
    await download(release(kind), target());
    expect((await runProgram(target(), ['--version'], folder)).output).toContain('temporal version 1.8.2');
  });

  test('is refused if its bytes are others than the vendor says', async () => {
    files['/sums'] = `${'0'.repeat(64)}  a.tar.gz\n`;
    await expect(download(release('list'), target())).rejects.toThrow(/SHA-256 .* thrown away/);
    await expect(runProgram(target(), [], folder)).rejects.toThrow('ENOENT');
  });

  test.each([
    ['no checksum', '', 'has no SHA-256 of a.tar.gz'],
    ['a page of some proxy', '<html>Sign in</html>', 'has no SHA-256 of a.tar.gz'],
    ['nothing', undefined, 'it answers 404'],
  ])('is not made where there is %s', async (_, sums, message) => {
    if (sums !== undefined) files['/sums'] = sums;
    await expect(download(release('list'), target())).rejects.toThrow(message);
  });

  test("a host that isn't there: the address and the reason", async () => {
    const gone = { ...release('list'), checksum: { kind: 'list', url: 'http://127.0.0.1:1/sums' } } as const;
    await expect(download(gone, target())).rejects.toThrow(/^http:\/\/127\.0\.0\.1:1\/sums can't be had: .*/);
  });
});
