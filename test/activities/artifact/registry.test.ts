import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Registry } from '../../servers/registry.ts';
import { describeWithRegistry, startRegistry } from '../../servers/registry.ts';
import { refusalOf, sourceOf } from './source-of.ts';

// The CNCF's registry, filled by crane, whose digests are the judge of ours.

describeWithRegistry('an open registry', () => {
  let registry: Registry;
  let amd: string;
  let arm: string;
  let both: string;

  beforeAll(async () => {
    registry = await startRegistry();
    amd = await registry.push('team/shop', '2.1.0', 'linux/amd64');
    arm = await registry.push('team/shop', '2.1.0-arm', 'linux/arm64');
    both = await registry.pushIndex('team/shop', '2.2.0', ['2.1.0', '2.1.0-arm']);
  });
  afterAll(() => registry.stop());
  const shop = (more = {}) => sourceOf({ image: `${registry.host}/team/shop`, ...more });

  test('resolves a tag to the digest that crane counts, of an image and of an index', async () => {
    expect(await shop().resolve('2.1.0')).toEqual({ version: '2.1.0', digest: amd });
    expect(await shop({ platform: 'linux/arm64' }).resolve('2.2.0')).toEqual({
      version: '2.2.0',
      digest: both,
    });
    expect(new Set([amd, arm, both]).size).toBe(3);
  });

  test('passes the name with the digest on to the target', async () => {
    const image = `${registry.host}/team/shop@${amd}`;
    expect(await shop().content({ version: '2.1.0', digest: amd })).toEqual({
      digest: amd,
      text: null,
      image,
    });
    expect(await registry.crane('digest', image)).toBe(amd);
  });

  test('refuses another platform than the one asked for, with those there are', async () => {
    expect(await refusalOf(shop({ platform: 'linux/arm64' }).resolve('2.1.0'))).toMatchObject({
      code: 'ARTIFACT_PLATFORM',
      message: expect.stringContaining('does not run on linux/arm64; it is made for linux/amd64.'),
    });
    expect(await refusalOf(shop({ platform: 'linux/s390x' }).resolve('2.2.0'))).toMatchObject({
      code: 'ARTIFACT_PLATFORM',
      message: expect.stringContaining('made for linux/amd64, linux/arm64.'),
    });
  });

  test('says of a missing tag which there are, and of a missing repository that it is missing', async () => {
    expect(await refusalOf(shop().resolve('9.9.9'))).toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      message: `There is no tag 9.9.9 in ${registry.host}/team/shop; it holds 2.2.0, 2.1.0-arm, 2.1.0.`,
    });
    const nowhere = sourceOf({ image: `${registry.host}/team/shap` });
    expect(await refusalOf(nowhere.resolve('2.1.0'))).toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      message: `The registry ${registry.host} has no repository team/shap.`,
    });
  });

  test('refuses a version that can not be a tag before it asks', async () => {
    expect(await refusalOf(shop().resolve('2.1.0+build'))).toMatchObject({ code: 'VERSION_INVALID' });
  });

  test('knows whether a pinned digest can be fetched again, layers and all, also after its tag has moved', async () => {
    const pinned = { version: '3.0.0', digest: await registry.push('team/gone', '3.0.0', 'linux/amd64') };
    const gone = sourceOf({ image: `${registry.host}/team/gone`, platform: 'linux/amd64' });
    await registry.push('team/gone', '3.0.1', 'linux/amd64');
    await registry.crane('tag', `${registry.host}/team/gone:3.0.1`, '3.0.0');
    expect((await gone.resolve('3.0.0')).digest).not.toBe(pinned.digest);
    await gone.fetchable(pinned);

    const manifest: unknown = JSON.parse(
      await registry.crane('manifest', `${registry.host}/team/gone@${pinned.digest}`),
    );
    const { layers } = manifest as { readonly layers: readonly { readonly digest: string }[] };
    const layer = layers[0]?.digest ?? '';
    await remove(registry, `team/gone/blobs/${layer}`);
    expect(await refusalOf(gone.fetchable(pinned))).toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      message: expect.stringContaining(`is incomplete: the registry has no ${layer.slice(0, 19)}…`),
    });
    await remove(registry, `team/gone/manifests/${pinned.digest}`);
    expect(await refusalOf(gone.fetchable(pinned))).toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      message: expect.stringContaining('can not be fetched any more'),
    });
  });

  test('an index can be fetched if the image of its platform can', async () => {
    await shop({ platform: 'linux/arm64' }).fetchable({ version: '2.2.0', digest: both });
    await shop().fetchable({ version: '2.2.0', digest: both });
  });
});

const remove = async (registry: Registry, what: string): Promise<void> => {
  const answer = await fetch(`http://${registry.host}/v2/${what}`, { method: 'DELETE' });
  expect(answer.status).toBe(202);
};

describeWithRegistry('a registry that asks for a name and a password', () => {
  let registry: Registry;
  let digest: string;
  // bcrypt of "open sesame"; the registry takes nothing else.
  const line = 'ann:$2b$04$sCGVGkfqMv727vcDcFJfNe2/QzykuwKOBKKoOD20mana/Zr0PKSs6\n';

  beforeAll(async () => {
    const file = path.join(tmpdir(), `sluice-htpasswd-${String(process.pid)}`);
    await writeFile(file, line);
    registry = await startRegistry({
      auth: [`htpasswd: { realm: tests, path: ${file} }`],
      login: ['ann', 'open sesame'],
    });
    digest = await registry.push('shop', '1.0.0', 'linux/amd64');
  });
  afterAll(() => registry.stop());

  test('is told them by reference', async () => {
    const auth = { basic: { username: 'ann', password: 'env:REGISTRY_PASSWORD' } };
    const source = sourceOf({ image: `${registry.host}/shop`, auth }, { REGISTRY_PASSWORD: 'open sesame' });
    expect(await source.resolve('1.0.0')).toEqual({ version: '1.0.0', digest });
    const wrong = sourceOf({ image: `${registry.host}/shop`, auth }, { REGISTRY_PASSWORD: 'sesame' });
    const refusal = await refusalOf(wrong.resolve('1.0.0'));
    expect(refusal).toMatchObject({
      code: 'REGISTRY_REFUSED',
      hint: expect.stringContaining('artifact.auth'),
    });
    expect(String(refusal)).not.toContain('sesame');
    const absent = sourceOf({ image: `${registry.host}/shop`, auth });
    expect(await refusalOf(absent.resolve('1.0.0'))).toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringContaining('env:REGISTRY_PASSWORD is not there'),
    });
    expect(await refusalOf(sourceOf({ image: `${registry.host}/shop` }).resolve('1.0.0'))).toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringContaining('asks for a name and a password'),
    });
  });
});

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describeWithRegistry('a registry with a token service', () => {
  let registry: Registry;
  let door: Registry;
  let tokens: Server;
  let digest: string;
  const seen: string[] = [];

  beforeAll(async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const keys = path.join(tmpdir(), `sluice-jwks-${String(process.pid)}.json`);
    const key = { ...publicKey.export({ format: 'jwk' }), kid: 'tests', use: 'sig', alg: 'ES256' };
    await writeFile(keys, JSON.stringify({ keys: [key] }));
    tokens = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://tokens');
      seen.push(`${request.headers.authorization ?? 'nobody'} ${url.searchParams.get('scope') ?? ''}`);
      const good = `Basic ${Buffer.from('ann:open sesame').toString('base64')}`;
      if (request.headers.authorization !== good) {
        response.writeHead(401).end('{}');
        return;
      }
      const [type = '', name = '', actions = ''] = (url.searchParams.get('scope') ?? '').split(':');
      const access = type === '' ? [] : [{ type, name, actions: actions.split(',') }];
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        ...{ iss: 'tests', sub: 'ann', aud: url.searchParams.get('service') ?? '', jti: String(seen.length) },
        ...{ iat: now, nbf: now - 60, exp: now + 300, access },
      };
      const signed = [{ alg: 'ES256', kid: 'tests', typ: 'JWT' }, claims].map(base64).join('.');
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      const token = `${signed}.${signature.toString('base64url')}`;
      response.writeHead(200).end(JSON.stringify({ token }));
    });
    await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve));
    const address = tokens.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    // crane asks no token service of this machine: it comes in by another door to the same files.
    door = await startRegistry();
    digest = await door.push('team/shop', '1.0.0', 'linux/amd64');
    registry = await startRegistry({
      auth: [
        `token: { realm: 'http://127.0.0.1:${String(port)}/token', service: 'the registry', issuer: tests, jwks: ${keys}, signingalgorithms: [ES256] }`,
      ],
      files: door.files,
    });
  });
  afterAll(async () => {
    await registry.stop();
    await door.stop();
    tokens.closeAllConnections();
    await new Promise((resolve) => tokens.close(resolve));
  });

  test('gets the password; the registry gets the token', async () => {
    const auth = { basic: { username: 'ann', password: 'env:P' } };
    const image = `${registry.host}/team/shop`;
    seen.length = 0;
    const source = sourceOf({ image, auth, platform: 'linux/amd64' }, { P: 'open sesame' });
    expect(await source.resolve('1.0.0')).toEqual({ version: '1.0.0', digest });
    expect(seen).toEqual([
      `Basic ${Buffer.from('ann:open sesame').toString('base64')} repository:team/shop:pull`,
    ]);
    await source.fetchable({ version: '1.0.0', digest });
    expect(await refusalOf(sourceOf({ image, auth }, { P: 'no' }).resolve('1.0.0'))).toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringContaining('gave no token'),
    });
    expect(await refusalOf(sourceOf({ image }).resolve('1.0.0'))).toMatchObject({ code: 'REGISTRY_REFUSED' });
  });

  test('a token given in the file is for the registry itself', async () => {
    const source = sourceOf(
      { image: `${registry.host}/team/shop`, auth: { bearer: 'env:TOKEN' } },
      { TOKEN: 'not-one-of-theirs' },
    );
    seen.length = 0;
    expect(await refusalOf(source.resolve('1.0.0'))).toMatchObject({ code: 'REGISTRY_REFUSED' });
    expect(seen.some((line) => line.includes('not-one-of-theirs'))).toBe(false);
  });
});
