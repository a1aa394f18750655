import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { tryCheck } from '../../activities/smoke.ts';
import { smokeFlowSchema } from '../../runbooks/smoke.ts';

/** A shop with a cart: what was put into it is in it, for whoever has the session. */
const carts = new Map<string, string[]>();
const itemSchema = z.object({ sku: z.string() });

const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
};

const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const session = request.headers['x-session'];
  const id = /^\/carts\/([^/]+)/.exec(request.url ?? '')?.[1] ?? '';
  if (request.method === 'POST' && request.url === '/carts') {
    carts.set('c 1', []);
    json(response, 201, { id: 'c 1', count: 0 }, { 'x-session': 's-77' });
    return;
  }
  const cart = carts.get(decodeURIComponent(id));
  if (cart === undefined || session !== 's-77') {
    json(response, 403, { error: 'not yours' });
    return;
  }
  if (request.method === 'POST') cart.push(itemSchema.parse(JSON.parse(await text(request))).sku);
  json(response, 200, { items: cart.map((sku) => ({ sku, cart: decodeURIComponent(id) })), open: true });
};

let server: Server;
let address: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      json(response, 500, { error: String(error) });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** What was wrong with each test in turn, as far as they went well. */
const play = async (tests: readonly unknown[]): Promise<readonly (string | null)[]> => {
  const captured = new Map<string, string>();
  const found: (string | null)[] = [];
  for (const check of smokeFlowSchema.parse(tests)) {
    found.push(await tryCheck(address, check, new AbortController().signal, captured));
  }
  return found;
};

const open = {
  http: {
    method: 'POST',
    path: '/carts',
    json: {},
    expect: { status: 201, json: { count: 0 } },
    capture: { cart: { json: 'id' }, session: { header: 'x-session' } },
  },
};
const headers = { 'x-session': '$session' };
const put = { http: { method: 'POST', path: '/carts/$cart/items', json: { sku: 'test $cart' }, headers } };

describe('a way through the service', () => {
  test('takes values from one answer into the next request: path, body and headers', async () => {
    const look = {
      http: {
        path: '/carts/$cart',
        headers,
        expect: {
          headers: { 'content-type': 'application/json' },
          json: { items: [{ sku: 'test c 1' }], open: true },
        },
      },
    };
    expect(await play([open, put, look])).toEqual([null, null, null]);
  });

  test.each([
    [{ json: { open: false } }, 'in its JSON open is true, expected false'],
    [{ json: { items: [] } }, 'in its JSON items is [{'],
    [{ json: { items: [{ sku: 1 }] } }, 'in its JSON items.0.sku is "test c 1", expected 1'],
    [{ json: { total: 1 } }, 'in its JSON total is missing, expected 1'],
    [{ headers: { 'content-type': 'text/html' } }, 'its header content-type is "application/json'],
    [{ headers: { 'x-cache': 'hit' } }, 'its header x-cache is missing, expected "hit"'],
    [{ status: 201 }, 'answered 200, expected 201'],
    [{ body: 'sold out' }, 'its body does not contain "sold out"'],
  ])('fails where the answer is not as expected: %j', async (expected, says) => {
    const found = await play([open, put, { http: { path: '/carts/$cart', headers, expect: expected } }]);
    expect(found.at(-1)).toContain(says);
  });

  test('fails where there is nothing to capture', async () => {
    const capture = { other: { json: 'items.7.id' } };
    const found = await play([open, { http: { path: '/carts/$cart', headers, capture } }]);
    expect(found.at(-1)).toBe('it has no value at items.7.id in its JSON to capture as other');
  });
});

test('a name that no earlier test captures is refused with its place', () => {
  const result = smokeFlowSchema.safeParse([{ http: { path: '/carts/$cart' } }, open]);
  expect(result.error?.issues).toMatchObject([
    { path: [0, 'http', 'path'], message: 'uses $cart, which no test before it captures' },
  ]);
});
