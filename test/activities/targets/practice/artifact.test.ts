import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { resolveManifest } from '../../../../activities/targets/practice/artifact.ts';

describe('resolveManifest', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'manifests-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const put = (version: string, content: unknown): Promise<void> =>
    writeFile(
      join(folder, `${version}.json`),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  const resolve = (version: string) => resolveManifest(folder, { service: 'shop', version });

  test('gives the text, and the SHA-256 of the very bytes as digest', async () => {
    const text = '{ "service": "shop",\n  "version": "1.0.0" }\n';
    await put('1.0.0', text);
    const hex = createHash('sha256').update(text).digest('hex');
    expect(await resolve('1.0.0')).toEqual({ release: { version: '1.0.0', digest: `sha256:${hex}` }, text });
  });

  test('a missing one is told with what there is, ten at most, in the order of versions', async () => {
    for (let minor = 0; minor < 12; minor += 1) await put(`1.${String(minor)}.0`, {});
    await expect(resolve('9.9.9')).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      message: expect.stringMatching(/1\.0\.0\.json, 1\.1\.0\.json, 1\.2\.0\.json.*1\.9\.0\.json and 2 more/),
    });
  });

  test('an empty folder and a missing one say so', async () => {
    await expect(resolve('1.0.0')).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      message: expect.stringContaining('no manifest'),
    });
    const elsewhere = join(folder, 'nowhere');
    await expect(resolveManifest(elsewhere, { service: 'shop', version: '1.0.0' })).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      message: expect.stringContaining(elsewhere),
    });
  });

  test.each([
    ['another service', { service: 'till', version: '1.0.0' }, /service: is till, but shop/],
    ['another version', { service: 'shop', version: '1.0.1' }, /version: is 1\.0\.1, but/],
    ['a wrong value', { service: 'shop', version: '1.0.0', errorRate: 7 }, /errorRate: /],
    ['no JSON', '{', /not JSON/],
    ['too much of it', ' '.repeat(64 * 1024 + 1), /larger than 64 KiB/],
  ])('refuses %s', async (_name, content, message) => {
    await put('1.0.0', content);
    await expect(resolve('1.0.0')).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
  });

  test('refuses bytes that are not UTF-8, and a folder of that name', async () => {
    await writeFile(join(folder, '1.0.0.json'), Buffer.from([0x7b, 0xff, 0x7d]));
    await expect(resolve('1.0.0')).rejects.toMatchObject({ code: 'ARTIFACT_INVALID' });
    await mkdir(join(folder, '1.1.0.json'));
    await expect(resolve('1.1.0')).rejects.toMatchObject({ code: 'ARTIFACT_INVALID' });
  });

  test.each(['../secret', 'a/b', '', '.hidden', 'x\u0000y', 'v'.repeat(5000)])(
    'the version %j never reaches the disk',
    async (version) => {
      await expect(resolve(version)).rejects.toMatchObject({ code: 'VERSION_INVALID' });
    },
  );
});
