import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { gates, prometheusAt, refusal, serve, serveAlways, sourceFor } from '../pages.ts';

const json = { 'content-type': 'application/json' };
const labels = { __name__: 'http_requests_total', instance: 'a', job: 'shop', version: '2.0.4' };

const matrix = (result: unknown, more: object = {}): string =>
  JSON.stringify({ status: 'success', data: { resultType: 'matrix', result }, ...more });
const one = (value: unknown): string => matrix([{ metric: labels, values: [[1_700_000_000.5, value]] }]);

const read = async (url: string, settings: Readonly<Record<string, unknown>> = {}) =>
  prometheusAt(url, {}, settings).read('2.0.4');

test('the servers of these tests would be believed if they said something good', async () => {
  const { url } = await serveAlways(200, json, one('12'));
  // It says 12 whatever it is asked for: a process that started then has been up for long.
  expect(await read(url)).toEqual({
    at: 1_700_000_000_500,
    arm: {
      at: 0,
      instances: [{ id: 'shop/a', requests: 12, errors: 0, started: 12 - 1_700_000_000.5, restarts: 0 }],
    },
  });
});

describe('what Prometheus says is refused, and never zero:', () => {
  const cases: readonly (readonly [string, number, Record<string, string>, string, string])[] = [
    [
      'a web page',
      200,
      { 'content-type': 'text/html' },
      '<html><title>Log in</title></html>',
      'a web page where JSON was expected: "Log in"',
    ],
    ['a web page that claims to be JSON', 200, json, '  <!doctype html>', 'a web page'],
    ['half an answer', 200, json, one('12').slice(0, -20), 'broken JSON'],
    ['nothing', 200, json, '', 'answers with nothing'],
    ['another API', 200, json, '{"hello":"world"}', 'another form than Prometheus does (status)'],
    ['a list', 200, json, '[]', 'JSON'],
    ['numbers without quotes', 200, json, one(12), 'another form'],
    ['no number', 200, json, one('twelve'), 'another form'],
    ['an empty number', 200, json, one(''), 'another form'],
    ['NaN', 200, json, one('NaN'), 'errors.total of instance shop/a is NaN'],
    ['infinity', 200, json, one('+Inf'), 'errors.total of instance shop/a is Infinity'],
    ['a negative count', 200, json, one('-1'), 'errors.total of instance shop/a is -1'],
    ['no series', 200, json, matrix([]), 'has no sample of errors.total for 2.0.4 in the last 1 min'],
    [
      'a warning',
      200,
      json,
      matrix([], { warnings: ['store-2 is away'] }),
      'a warning, so its numbers may lack something: "store-2 is away"',
    ],
    ['native histograms', 200, json, matrix([{ metric: labels, histograms: [] }]), 'native histogram'],
    [
      'an error as a success',
      200,
      json,
      '{"status":"error","errorType":"execution","error":"boom"}',
      'answers 200: "boom"',
    ],
    ['401', 401, json, '{"error":"who are you"}', 'answers 401: "who are you"'],
    ['403', 403, {}, 'no', 'answers 403: "no"'],
    ['404', 404, {}, 'page not found', 'answers 404: "page not found"'],
    [
      '422',
      422,
      json,
      '{"status":"error","errorType":"execution","error":"many-to-many"}',
      'answers 422: "many-to-many"',
    ],
    ['500', 500, {}, '', 'answers 500.'],
    [
      '503',
      503,
      json,
      '{"status":"error","errorType":"timeout","error":"query timed out"}',
      'answers 503: "query timed out"',
    ],
    [
      'a redirect',
      302,
      { location: 'https://login.example/?token=secret' },
      '',
      'answers 302, a redirect to https://login.example/, which is not followed',
    ],
    ['a redirect to nowhere', 307, {}, '', 'answers 307, a redirect, which is not followed'],
    ['a compressed answer', 200, { ...json, 'content-encoding': 'gzip' }, 'x', 'answers compressed (gzip)'],
    [
      'half of what was promised',
      200,
      { ...json, 'content-length': '5000' },
      one('12'),
      'broke off its answer',
    ],
  ];

  test.each(cases)('%s', async (_what, status, headers, body, says) => {
    const promised = headers['content-length'] !== undefined;
    const server = promised
      ? await serve((_request, response) => {
          response.writeHead(status, headers);
          response.write(body, () => response.destroy());
        })
      : await serveAlways(status, headers, body);
    const error = await refusal(read(server.url));
    expect(error.code).toBe('METRICS_UNAVAILABLE');
    expect(error.message).toContain(says);
    expect(error.message).not.toContain('secret');
    expect(error.hint).toMatch(/.{10}/);
  });

  test('more than 5,000 series', async () => {
    const many = Array.from({ length: 10_001 }, (_, i) => ({
      metric: { ...labels, i: String(i) },
      values: [[1, '1']],
    }));
    const { url } = await serveAlways(200, json, matrix(many));
    const error = await refusal(read(url));
    expect(error.message).toContain('more than 10000 series');
    expect(error.hint).toContain('sum by (instance) (http_requests_total{version="$version"})');
    const fewer = await serveAlways(200, json, matrix(many.slice(0, 5001)));
    expect((await refusal(read(fewer.url))).message).toContain('errors.total returned 5001 series');
  });

  test('no answer', async () => {
    const { url } = await serve(() => undefined);
    const error = await refusal(read(url, { timeout: '100ms' }));
    expect(error.message).toContain('does not answer within 100 ms');
    expect(error.hint).toContain('source.prometheus.timeout');
  });

  test('an answer that stops half-way', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, json);
      response.write('{"status":');
    });
    expect((await refusal(read(url, { timeout: '200ms' }))).message).toContain(
      'does not answer within 200 ms',
    );
  });

  test('an answer in another protocol', async () => {
    const server = createServer((socket) => void socket.end('SSH-2.0-OpenSSH\r\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const error = await refusal(read(`http://127.0.0.1:${String(port)}`));
      expect(error.message).toContain('does not speak HTTP');
    } finally {
      server.close();
    }
  });

  test('a host that is not there', async () => {
    const error = await refusal(read('http://prometheus.invalid:9090'));
    expect(error.message).toContain('can not be reached (no such host)');
    expect(error.hint).toContain('source.prometheus');
  });
});

test('a caller that gives up hears its own reason', async () => {
  const { url } = await serve(() => undefined);
  const gaveUp = new AbortController();
  const reading = prometheusAt(url).read('2.0.4', gaveUp.signal);
  gaveUp.abort(new Error('watch over'));
  await expect(reading).rejects.toThrow('watch over');
  await expect(prometheusAt(url).read('2.0.4', gaveUp.signal)).rejects.toThrow('watch over');
});

test('a path before the API is kept, and the queries are in the request', async () => {
  const asked: URL[] = [];
  const { url } = await serve((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://prometheus'));
    response.writeHead(200, json).end(one('3'));
  });
  await read(`${url}/base/`, { timeout: '2s', fresh: '90s' });
  expect(new Set(asked.map(({ pathname }) => pathname))).toEqual(new Set(['/base/api/v1/query']));
  expect(Object.fromEntries(asked[0]?.searchParams ?? [])).toEqual({
    query: 'http_requests_total{version="2.0.4"}[90000ms]',
    timeout: '2000ms',
    limit: '10001',
  });
});

test('a kept connection that the server closes instead of answering is no failure, a new one is', async () => {
  const answered = new WeakSet<object>();
  let closed = 0;
  const { url } = await serve((request, response) => {
    if (answered.has(request.socket)) {
      closed += 1;
      request.socket.destroy();
      return;
    }
    answered.add(request.socket);
    response.writeHead(200, json).end(one('3'));
  });
  const source = sourceFor(gates({ prometheus: { url } }));
  for (let i = 0; i < 4; i += 1) expect((await source.read('2.0.4')).at).toBe(1_700_000_000_500);
  expect(closed).toBeGreaterThan(0);
  const { url: closing } = await serve((request) => void request.socket.destroy());
  expect((await refusal(read(closing))).message).toContain('broke off its answer');
});
