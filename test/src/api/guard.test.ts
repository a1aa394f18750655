import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { judgeHost } from '../../../src/api/guard.ts';
import { problemDocument } from '../../../src/api/schemas/answers.ts';
import type { World } from './world.ts';
import { bearer, listen, openBareWorld, token } from './world.ts';

let world: World;
let api: FastifyInstance;
beforeAll(() => {
  world = openBareWorld();
  api = world.api();
});
afterAll(() => world.close());

const problemOf = (body: string) => problemDocument.parse(JSON.parse(body));

describe('who may call', () => {
  test.each([
    ['none', {}],
    ['another one', { authorization: 'Bearer something-else' }],
    ['a beginning of it', { authorization: `Bearer ${token.slice(0, -1)}` }],
    ['more than it', { authorization: `Bearer ${token}x` }],
    ['another scheme', { authorization: `Basic ${token}` }],
    ['nothing in it', { authorization: 'Bearer ' }],
  ])('a token is needed: %s', async (_name, headers) => {
    for (const url of ['/v1/rollouts', '/v1/doctor', '/v1/nothing-there']) {
      const answer = await api.inject({ url, headers });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="sluice"');
      expect(problemOf(answer.body)).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    }
  });

  test('probes, metrics and the description need none', async () => {
    for (const url of ['/healthz', '/readyz', '/metrics', '/v1/openapi.json']) {
      expect((await api.inject({ url })).statusCode).toBe(200);
    }
  });

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80', '169.254.1.1'])(
    'a request for the host "%s" is misdirected, even with the token',
    async (host) => {
      const answer = await api.inject({ url: '/v1/services', headers: { ...bearer, host } });
      expect(answer.statusCode).toBe(421);
      expect(problemOf(answer.body).hint).toContain('localhost');
      expect((await api.inject({ url: '/healthz', headers: { host } })).statusCode).toBe(421);
    },
  );

  test.each(['localhost', 'LOCALHOST:4600', '127.0.0.1:1', '[::1]:4600'])('%s is ours', async (host) => {
    expect((await api.inject({ url: '/healthz', headers: { host } })).statusCode).toBe(200);
  });

  test('a request that names no host at all is misdirected', () => {
    expect(judgeHost(undefined, [])).toMatchObject({ code: 'USAGE' });
    expect(judgeHost('', ['sluice.internal'])).toMatchObject({ code: 'USAGE' });
    expect(judgeHost('localhost', [])).toBeNull();
  });

  test('a configured host is ours, too', async () => {
    const own = world.api({ hosts: ['sluice.internal'] });
    const headers = { host: 'sluice.internal:8080' };
    expect((await own.inject({ url: '/healthz', headers })).statusCode).toBe(200);
    expect((await api.inject({ url: '/healthz', headers })).statusCode).toBe(421);
  });

  test('no page of another origin is let in', async () => {
    const headers = { ...bearer, origin: 'https://evil.example' };
    const answer = await api.inject({ url: '/v1/services', headers });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const preflight = await api.inject({ method: 'OPTIONS', url: '/v1/services', headers });
    expect(preflight.statusCode).toBe(405);
  });

  test('the log has neither tokens nor what was asked for', async () => {
    await api.inject({ url: `/v1/rollouts?service=secret-name`, headers: bearer });
    await api.inject({ url: '/v1/rollouts', headers: { authorization: 'Bearer wrong-secret' } });
    const written = world.log.join('');
    expect(written).toContain('"route":"/v1/rollouts"');
    expect(written).not.toContain(token);
    expect(written).not.toContain('wrong-secret');
    expect(written).not.toContain('secret-name');
  });
});

describe('what is no call', () => {
  test('an unknown address is a problem document', async () => {
    const answer = await api.inject({ url: '/v1/nothing', headers: bearer });
    expect(answer.statusCode).toBe(404);
    expect(problemOf(answer.body)).toMatchObject({ code: 'NOT_FOUND', status: 404 });
  });

  test('another method is told the ones there are', async () => {
    const answer = await api.inject({ method: 'DELETE', url: '/v1/rollouts/some-id?x=1', headers: bearer });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD');
    expect(problemOf(answer.body)).toMatchObject({
      status: 405,
      detail: 'This address takes GET, HEAD only.',
    });
  });

  test.each([
    ['{"service":', 'application/json', 400, 'JSON'],
    ['', 'application/json', 400, 'empty'],
    ['a=b', 'application/x-www-form-urlencoded', 415, 'not JSON'],
    ['{"__proto__":{"kind":"deploy"}}', 'application/json', 400, 'JSON'],
    [`{"service":"${'x'.repeat(70_000)}"}`, 'application/json', 413, '64 KiB'],
  ])('the body %.40j as %s is refused with %i', async (payload, type, status, said) => {
    const answer = await api.inject({
      method: 'POST',
      url: '/v1/rollouts',
      headers: { ...bearer, 'content-type': type },
      payload,
    });
    expect(answer.statusCode).toBe(status);
    expect(problemOf(answer.body)).toMatchObject({ code: 'USAGE', status });
    expect(problemOf(answer.body).detail).toContain(said);
  });

  test('a broken percent-encoding is a problem document', async () => {
    const answer = await api.inject({ url: '/v1/rollouts/%E0%A4%A', headers: bearer });
    expect(answer.statusCode).toBe(400);
    expect(problemOf(answer.body).code).toBe('USAGE');
  });

  test('bytes that are no HTTP are answered with a problem document, and the server lives on', async () => {
    const own = world.api();
    const url = await listen(own);
    const heard = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
        socket.write('\u0000\u0001 nonsense\r\n\r\n'),
      );
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
    });
    expect(heard).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(problemOf(heard.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'USAGE', status: 400 });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('what a route throws is logged and not told', async () => {
    world.script.adopt = async () => {
      throw new Error('the password is hunter2');
    };
    const answer = await api.inject({
      method: 'POST',
      url: '/v1/services/shop/adopt',
      headers: bearer,
      payload: {},
    });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
    const { code, request, hint } = problemOf(answer.body);
    expect(code).toBe('INTERNAL');
    expect(hint).toContain(request ?? 'no request');
    expect(
      world.log.some((line) => line.includes('hunter2') && line.includes(`"reqId":"${request ?? ''}"`)),
    ).toBe(true);
  });
});
