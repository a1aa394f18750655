import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { resolveManifest } from '../../../../activities/targets/practice/artifact.ts';
import { readPracticeFile, seedPlane } from '../../../../activities/targets/practice/seed.ts';
import { manifestOf, PracticeRig, until } from './harness.ts';

let folder = '';
let file = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seed-'));
  file = join(folder, 'practice.json');
  await mkdir(join(folder, 'releases'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const declare = async (version: string, part: object = {}): Promise<void> => {
  await writeFile(
    join(folder, 'releases', `${version}.json`),
    manifestOf(version, { instances: 2, ...part }).text,
  );
  const services = [{ service: 'shop', version, manifests: './releases', load: { rate: 50 } }];
  await writeFile(file, JSON.stringify({ services }));
};

describe('seedPlane', () => {
  test('brings a service up, ready, with all traffic, promoted and under load', async () => {
    await declare('1.0.0');
    const rig = await PracticeRig.start();
    expect(await seedPlane(rig.home, file)).toEqual(['shop']);
    const { release } = await resolveManifest(join(folder, 'releases'), {
      service: 'shop',
      version: '1.0.0',
    });
    expect(await rig.target.observe('shop')).toEqual({
      groups: [{ ...release, instances: 2, ready: 2 }],
      weights: { '1.0.0': 100 },
      stable: '1.0.0',
      fence: 3,
    });
    expect((await rig.view()).load).toEqual({ rate: 50, posts: 0.1 });
    await until('traffic', async () => (await rig.clients()).length > 0);
    for (const { served } of await rig.clients()) expect(Object.keys(served)).toEqual(['1.0.0']);
    const applied = (await rig.events()).flatMap((event) => (event.event === 'applied' ? [event] : []));
    expect(applied.map(({ rolloutId, key, fence }) => [rolloutId, key, fence])).toEqual([
      ['seed', 'seed/1', 1],
      ['seed', 'seed/2', 2],
      ['seed', 'seed/3', 3],
    ]);
  });

  test('leaves a service that is there as it is', async () => {
    await declare('1.0.0');
    const rig = await PracticeRig.start();
    await seedPlane(rig.home, file);
    const before = await rig.events();
    await declare('2.0.0');
    expect(await seedPlane(rig.home, file)).toEqual([]);
    expect((await rig.target.observe('shop')).groups.map(({ version }) => version)).toEqual(['1.0.0']);
    expect((await rig.events()).filter(({ event }) => event === 'received')).toHaveLength(3);
    expect(before.filter(({ event }) => event === 'received')).toHaveLength(3);
  });

  test('finishes what a killed daemon began', async () => {
    await declare('1.0.0');
    const rig = await PracticeRig.start();
    await rig.create();
    const { release, text } = await resolveManifest(join(folder, 'releases'), {
      service: 'shop',
      version: '1.0.0',
    });
    const mark = { rolloutId: 'seed', key: 'seed/1', fence: 1 };
    const artifact = { digest: release.digest, text };
    await rig.target.apply('shop', { do: 'deploy', release }, mark, artifact);
    expect(await seedPlane(rig.home, file)).toEqual(['shop']);
    const state = await rig.target.observe('shop');
    expect(state).toMatchObject({ weights: { '1.0.0': 100 }, stable: '1.0.0', fence: 3 });
    const started = (await rig.events()).filter(({ event }) => event === 'instance-started');
    expect(started).toHaveLength(2);
  });

  test('the example of the repository can be read', async () => {
    const example = fileURLToPath(new URL('../../../../examples/shop/practice.json', import.meta.url));
    const { services } = await readPracticeFile(example);
    expect(services).toEqual([
      { service: 'shop', version: '2.0.4', manifests: './releases', load: { rate: 400, posts: 0.1 } },
    ]);
  });

  test.each([
    ['no JSON', '{', /practice\.json/],
    ['an unknown key', '{"services":[],"extra":1}', /extra/],
    [
      'a wrong value',
      '{"services":[{"service":"Shop","version":"1","manifests":"."}]}',
      /services\.0\.service/,
    ],
    [
      'a service twice',
      JSON.stringify({ services: [0, 1].map(() => ({ service: 'a', version: '1', manifests: '.' })) }),
      /twice/,
    ],
  ])('refuses a file with %s, with the place', async (_name, text, message) => {
    await writeFile(file, text);
    await expect(readPracticeFile(file)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    });
  });

  test('a version without a manifest creates nothing', async () => {
    await declare('1.0.0');
    await rm(join(folder, 'releases', '1.0.0.json'));
    const rig = await PracticeRig.start();
    await expect(seedPlane(rig.home, file)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
    expect((await rig.events()).map(({ event }) => event)).toEqual(['plane-started']);
  });
});
