import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { completeLock, missingPackages, readLock } from '../../tools/complete-lock.ts';

const root = path.resolve(import.meta.dirname, '../..');

const manifest = z.object({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
  allowScripts: z.record(z.string(), z.boolean()),
});
const lock = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), hasInstallScript: z.boolean().optional() }),
  ),
});

async function read(file: string): Promise<unknown> {
  return JSON.parse(await readFile(path.join(root, file), 'utf8'));
}

describe('the packages', () => {
  test('every package of Temporal is of one exact version, as the SDK demands of itself', async () => {
    const { dependencies, devDependencies } = manifest.parse(await read('package.json'));
    const temporal = Object.entries({ ...dependencies, ...devDependencies }).filter(([name]) =>
      name.startsWith('@temporalio/'),
    );
    expect(temporal.length).toBeGreaterThanOrEqual(5);
    const versions = new Set(temporal.map(([, version]) => version));
    expect([...versions]).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);

    const { packages } = lock.parse(await read('package-lock.json'));
    const [version] = versions;
    const locked = Object.entries(packages).filter(([place]) =>
      /(^|\/)node_modules\/@temporalio\/[^/]+$/.test(place),
    );
    expect(locked.filter(([, entry]) => entry.version !== version)).toEqual([]);
  });

  test('protobufjs 8 is a dependency of our own: replay of JSON histories breaks with the 7 that others bring', async () => {
    const { dependencies } = manifest.parse(await read('package.json'));
    expect(dependencies['protobufjs']).toMatch(/^8\.\d+\.\d+$/);
    const { packages } = lock.parse(await read('package-lock.json'));
    expect(packages['node_modules/protobufjs']?.version).toBe(dependencies['protobufjs']);
  });

  test('every version is exact: a range would resolve differently on another day', async () => {
    const { dependencies, devDependencies } = manifest.parse(await read('package.json'));
    const ranges = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    expect(ranges).toEqual([]);
  });

  test('every install script is decided on, allowed or not', async () => {
    const { allowScripts } = manifest.parse(await read('package.json'));
    const { packages } = lock.parse(await read('package-lock.json'));
    const undecided = Object.entries(packages)
      .filter(([, entry]) => entry.hasInstallScript === true)
      .map(([place]) => place.replace(/^.*node_modules\//, ''))
      .filter((name) => !(name in allowScripts));
    expect(undecided).toEqual([]);
  });

  test('the lock file names no registry, so that it serves behind any', async () => {
    const text = await readFile(path.join(root, 'package-lock.json'), 'utf8');
    const urls = (text.match(/"resolved": *"[^"]*"/g) ?? []).filter((line) => line.includes('://'));
    expect(urls).toEqual([]);
  });

  test('the lock file has the packages of every platform: without them npm refuses it', async () => {
    expect(missingPackages(await readLock())).toEqual([]);
  });

  test('what a registry did not carry is added to a lock file, for its platform alone', () => {
    const asks = {
      version: '1.0.0',
      dev: true,
      optionalDependencies: { '@a/b-linux-arm64-musl': '1.0.0', c: '1.0.0' },
    };
    const nested = { version: '3.0.0', dependencies: { c: '1.0.0' } };
    const lock = {
      packages: {
        '': {},
        'node_modules/a': asks,
        'node_modules/d': nested,
        'node_modules/a/node_modules/c': {},
      },
    };
    expect(missingPackages(lock).map(({ by, name }) => `${by} ${name}`)).toEqual([
      'node_modules/a @a/b-linux-arm64-musl',
      'node_modules/d c',
    ]);
    expect(() => completeLock(lock)).toThrow('node_modules/d needs c@1.0.0, which the lock file lacks');
    const whole = completeLock({ packages: { ...lock.packages, 'node_modules/c': {} } });
    expect(whole.packages['node_modules/@a/b-linux-arm64-musl']).toEqual({
      version: '1.0.0',
      cpu: ['arm64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    });
  });
});
