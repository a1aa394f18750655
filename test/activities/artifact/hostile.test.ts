import { afterEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { sayDuration } from '../../../runbooks/units.ts';
import { refusalOf, sourceOf } from './source-of.ts';

// A server that says what a registry must not, and keeps what it was told.

type Seen = { readonly path: string; readonly authorization: string | null };
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const serve = async (answer: Answer): Promise<{ readonly host: string; readonly seen: Seen[] }> => {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    seen.push({ path: request.url ?? '', authorization: request.headers.authorization ?? null });
    answer(request, response);
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { host: `127.0.0.1:${String(port)}`, seen };
};

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const config = JSON.stringify({ os: 'linux', architecture: 'amd64' });
const manifest = (layers: readonly string[] = []): string =>
  JSON.stringify({
    schemaVersion: 2,
    config: { digest: digestOf(config), size: config.length },
    layers: layers.map((digest) => ({ digest, size: 1 })),
  });

const secret = { basic: { username: 'ann', password: 'env:P' } };
const env = { P: 'open-sesame' };
const shop = (host: string, more = {}) => sourceOf({ image: `${host}/shop`, auth: secret, ...more }, env);

describe('a registry that lies', () => {
  test.each([
    ['in its header', { 'docker-content-digest': digestOf('something else') }, null],
    ['about what was pinned', {}, digestOf('something else')],
  ])('%s is refused', async (_, headers, pinned) => {
    const { host } = await serve(
      (_request, response) => void response.writeHead(200, headers).end(manifest()),
    );
    const source = sourceOf({ image: `${host}/shop` });
    const asked =
      pinned === null ? source.resolve('1.0.0') : source.fetchable({ version: '1.0.0', digest: pinned });
    expect(await refusalOf(asked)).toMatchObject({
      code: 'ARTIFACT_DIGEST_WRONG',
      message: expect.stringContaining(digestOf('something else').slice(0, 19)),
      details: { claimed: digestOf('something else'), found: digestOf(manifest()) },
    });
  });

  test('about the image inside of an index is refused', async () => {
    const inner = digestOf('the image that was pushed');
    const index = JSON.stringify({
      schemaVersion: 2,
      manifests: [{ digest: inner, size: 1, platform: { os: 'linux', architecture: 'amd64' } }],
    });
    const { host } = await serve((request, response) => {
      response.writeHead(200).end(request.url?.includes('sha256') === true ? manifest() : index);
    });
    const source = sourceOf({ image: `${host}/shop`, platform: 'linux/amd64' });
    expect(await refusalOf(source.resolve('1.0.0'))).toMatchObject({ code: 'ARTIFACT_DIGEST_WRONG' });
  });

  test('about the configuration, which names the platform, is refused', async () => {
    const { host } = await serve((request, response) => {
      const blob = request.url?.includes('/blobs/') === true;
      response.writeHead(200).end(blob ? config.replace('amd64', 'arm64') : manifest());
    });
    const source = sourceOf({ image: `${host}/shop`, platform: 'linux/arm64' });
    expect(await refusalOf(source.resolve('1.0.0'))).toMatchObject({ code: 'ARTIFACT_DIGEST_WRONG' });
  });

  test.each([
    ['no JSON', '<html>'],
    ['a manifest of another kind', '{"schemaVersion":1,"fsLayers":[]}'],
    ['a digest of another form', manifest(['sha256:short'])],
    ['more than a manifest may hold', 'x'.repeat(4 * 1024 * 1024 + 1)],
  ])('with %s is refused', async (_, body) => {
    const { host } = await serve((_request, response) => void response.writeHead(200).end(body));
    expect(await refusalOf(sourceOf({ image: `${host}/shop` }).resolve('1.0.0'))).toMatchObject({
      code: 'ARTIFACT_INVALID',
    });
  });
});

describe('redirects', () => {
  test('are followed to another host, which is not told who asks', async () => {
    const storage = await serve((_request, response) => void response.writeHead(200).end(manifest()));
    const registry = await serve((request, response) => {
      if (request.headers.authorization === undefined)
        response.writeHead(401, { 'www-authenticate': 'Basic realm="here"' }).end();
      else response.writeHead(307, { location: `http://${storage.host}/signed?key=1` }).end();
    });
    expect((await shop(registry.host).resolve('1.0.0')).digest).toBe(digestOf(manifest()));
    expect(registry.seen.map(({ authorization }) => authorization)).toEqual([
      null,
      expect.stringMatching(/^Basic /),
    ]);
    expect(storage.seen).toEqual([{ path: '/signed?key=1', authorization: null }]);
  });

  test.each([
    ['in circles', '/v2/shop/manifests/1.0.0', 'redirects more than 5 times'],
    ['to a file', 'file:///etc/passwd', 'redirects to file:'],
    ['to no address', 'http://[', 'redirects to what is no address'],
  ])('%s are refused', async (_, location, message) => {
    const { host, seen } = await serve(
      (_request, response) => void response.writeHead(302, { location }).end(),
    );
    expect(await refusalOf(shop(host).resolve('1.0.0'))).toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringContaining(message),
    });
    expect(seen.length).toBeLessThanOrEqual(6);
  });
});

describe('challenges', () => {
  test('a registry that asks again and again is given up', async () => {
    const { host, seen } = await serve(
      (_request, response) => void response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end(),
    );
    expect(await refusalOf(shop(host).resolve('1.0.0'))).toMatchObject({ code: 'REGISTRY_REFUSED' });
    expect(seen).toHaveLength(2);
  });

  test.each([
    ['Bearer realm="not an address"', 'names a token service that is no address'],
    ['Bearer realm="file:///etc/passwd"', 'names a token service without TLS'],
    ['Negotiate', 'does not say how'],
    ['Bearer', 'does not say how'],
  ])('%s is refused', async (challenge, message) => {
    const { host } = await serve(
      (_request, response) => void response.writeHead(401, { 'www-authenticate': challenge }).end(),
    );
    expect(await refusalOf(shop(host).resolve('1.0.0'))).toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringContaining(message),
    });
  });

  test('a token that could end a header is not sent', async () => {
    const tokens = await serve(
      (_request, response) => void response.writeHead(200).end(JSON.stringify({ token: 'a\r\nx: y' })),
    );
    const { host, seen } = await serve((_request, response) => {
      response
        .writeHead(401, { 'www-authenticate': `Bearer realm="http://${tokens.host}/",service="a,b"` })
        .end();
    });
    expect(await refusalOf(shop(host).resolve('1.0.0'))).toMatchObject({
      message: expect.stringContaining('gave no token'),
    });
    expect(tokens.seen[0]?.path).toBe('/?service=a%2Cb');
    expect(seen).toHaveLength(1);
  });
});

describe('a registry that is away', () => {
  test.each([429, 500, 503])('with %i may be asked again', async (status) => {
    const { host } = await serve(
      (_request, response) => void response.writeHead(status, { 'retry-after': '7' }).end('busy'),
    );
    expect(await refusalOf(shop(host).resolve('1.0.0'))).toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: `The registry ${host} answers ${String(status)} (again after 7).`,
    });
  });

  test('nobody listens, or the answer breaks off', async () => {
    const gone = await serve((request) => void request.socket.destroy());
    expect(await refusalOf(shop(gone.host).resolve('1.0.0'))).toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringContaining('broke off its answer'),
    });
    expect(await refusalOf(shop('127.0.0.1:1').resolve('1.0.0'))).toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringContaining('nobody listens there'),
    });
  });

  test('silence ends', async () => {
    const { host } = await serve(() => undefined);
    const source = sourceOf({ image: `${host}/shop` }, {}, 300);
    expect(await refusalOf(source.resolve('1.0.0'))).toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: `The registry ${host} does not answer within ${sayDuration(300)}.`,
    });
  });

  test('without TLS is told so', async () => {
    const { host } = await serve((_request, response) => void response.writeHead(200).end(manifest()));
    expect(await refusalOf(shop(host, { plainHttp: false }).resolve('1.0.0'))).toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringContaining('does not speak TLS'),
    });
  });

  test('a refusal says who refused what', async () => {
    const { host } = await serve((_request, response) => void response.writeHead(403).end());
    expect(await refusalOf(shop(host).resolve('1.0.0'))).toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: `The registry ${host} answers 403 when asked for ${host}/shop:1.0.0.`,
    });
  });
});
