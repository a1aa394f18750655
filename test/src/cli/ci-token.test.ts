import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { ciToken } from '../../../src/cli/ci-token.ts';

/** GitHub's runner, as its documentation describes it: the address already has a query. */
const withRunner = async (
  answer: { readonly status: number; readonly body: string },
  use: (url: string, asked: readonly { readonly url: string; readonly by: string }[]) => Promise<void>,
): Promise<void> => {
  const asked: { readonly url: string; readonly by: string }[] = [];
  const server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', by: request.headers.authorization ?? '' });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    await use(`http://127.0.0.1:${String(port)}/token?api-version=2.0`, asked);
  } finally {
    server.close();
    server.closeAllConnections();
  }
};

test('the runner is asked for a token of this audience', async () => {
  await withRunner({ status: 200, body: '{"value":"a.b.c"}' }, async (url, asked) => {
    const env = { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner' };
    expect(await ciToken(env, 'sluice')).toBe('a.b.c');
    expect(asked).toEqual([{ url: '/token?api-version=2.0&audience=sluice', by: 'Bearer runner' }]);
  });
});

test('a token that was handed over goes first', async () => {
  const env = { SLUICE_OIDC_TOKEN: ' x.y.z\n', ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:1' };
  expect(await ciToken(env, 'sluice')).toBe('x.y.z');
});

test.each([
  [403, '{}'],
  [200, 'none'],
])('a runner that answers with %d %s is told as that', async (status, body) => {
  await withRunner({ status, body }, async (url) => {
    const env = { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner' };
    await expect(ciToken(env, 'sluice')).rejects.toMatchObject({ code: 'CLIENT_OFFLINE' });
  });
});
