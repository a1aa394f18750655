import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { SluiceError } from '../../../runbooks/errors.ts';
import { problemDocument } from '../../../src/api/schemas/answers.ts';
import type { World } from './world.ts';
import { bearer, openWorld } from './world.ts';

let world: World;
let api: FastifyInstance;
let started = 0;
beforeAll(async () => {
  world = await openWorld();
  api = world.api();
  world.script.deploy = async ({ service }) => {
    started += 1;
    return { outcome: 'refused', rolloutId: service, repeated: false, problems: [] };
  };
  world.script.rollback = world.script.deploy as never;
  world.script.plan = async () => ({ ok: false, problems: [] });
  world.script.say = async ({ id }) => ({ outcome: 'not-confirmed', rolloutId: id, key: 'k' });
  world.script.playbook = async () => '';
  world.script.adopt = async () => {
    throw new SluiceError({ code: 'NOTHING_RUNS', message: 'Nothing runs.' });
  };
});
afterAll(() => world.close());

/** Whatever was sent, the answer is a success or a problem document, and never a fault of ours. */
const judge = (answer: { readonly statusCode: number; readonly body: string }): void => {
  expect(answer.statusCode).toBeLessThan(500);
  if (answer.statusCode >= 400)
    expect(problemDocument.parse(JSON.parse(answer.body)).status).toBe(answer.statusCode);
};

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    '\u0000',
    '\ud800',
    '../../etc',
    '%00',
    "'; drop table events; --",
    '__proto__',
    'constructor',
  ),
  fc.string({ minLength: 190, maxLength: 400 }),
);
const value = fc.oneof(nasty, fc.integer(), fc.boolean(), fc.constant(null), fc.jsonValue());

test('what is well formed does reach the façade: the properties below are about something', async () => {
  const before = started;
  await api.inject({
    method: 'POST',
    url: '/v1/rollouts',
    headers: bearer,
    payload: { service: 'a"b', version: '../../etc' },
  });
  expect(started).toBe(before + 1);
});

test('hostile values in every field of every body', async () => {
  const bodies = fc.record(
    {
      kind: fc.oneof(fc.constantFrom('deploy', 'rollback'), value),
      service: value,
      environment: value,
      version: value,
      to: value,
      reason: value,
      command: fc.oneof(fc.constantFrom('hold', 'abort'), value),
    },
    { requiredKeys: [] },
  );
  const urls = fc.constantFrom(
    '/v1/rollouts',
    '/v1/plans',
    '/v1/rollouts/some-id/commands',
    '/v1/services/s/adopt',
  );
  await fc.assert(
    fc.asyncProperty(urls, fc.oneof(bodies, fc.jsonValue()), async (url, body) => {
      const payload = JSON.stringify(body);
      judge(
        await api.inject({
          method: 'POST',
          url,
          headers: { ...bearer, 'content-type': 'application/json' },
          payload,
        }),
      );
    }),
    { numRuns: 300 },
  );
});

test('hostile paths and queries', async () => {
  const path = nasty.filter((text) => !/\p{Surrogate}/u.test(text)).map(encodeURIComponent);
  const url = fc.oneof(
    path.map((text) => `/v1/rollouts/${text}`),
    path.map((text) => `/v1/services/${text}/releases`),
    path.map((text) => `/v1/services/${text}/playbook?version=${text}`),
    fc.tuple(path, path).map(([name, text]) => `/v1/rollouts?${name}=${text}&service=${text}`),
    path.map((text) => `/v1/rollouts/x/samples?watch=${text}`),
    fc.webPath().map((text) => text || '/'),
  );
  await fc.assert(
    fc.asyncProperty(url, async (each) => {
      judge(await api.inject({ url: each, headers: bearer }));
    }),
    { numRuns: 300 },
  );
});

test('hostile keys and bytes as a body', async () => {
  const printable = fc.string({
    unit: fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)),
  });
  await fc.assert(
    fc.asyncProperty(printable, fc.uint8Array({ maxLength: 400 }), async (key, bytes) => {
      judge(
        await api.inject({
          method: 'POST',
          url: '/v1/rollouts',
          headers: { ...bearer, 'idempotency-key': key, 'content-type': 'application/json' },
          payload: Buffer.from(bytes),
        }),
      );
    }),
    { numRuns: 100 },
  );
});
