import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { chainReport, doctorReport } from '../../../src/api/schemas/answers.ts';
import { Story } from './story.ts';
import type { World } from './world.ts';
import { bearer, openWorld } from './world.ts';

let world: World;
let api: FastifyInstance;
beforeAll(async () => {
  world = await openWorld();
  api = world.api();
  await api.ready();
});
afterAll(() => world.close());

test('audit reads the real chain', async () => {
  await world.tell(new Story('2.2.0', { id: uuidv7() }).planned());
  const answer = await api.inject({ url: '/v1/audit', headers: bearer });
  const report = chainReport.parse(answer.json());
  expect(report).toEqual(await world.ledger.verifyChain());
  expect(report).toMatchObject({ ok: true });
});

test('doctor, and readiness as a status', async () => {
  const answer = await api.inject({ url: '/v1/doctor', headers: bearer });
  expect(doctorReport.parse(answer.json()).checks).toHaveLength(1);
  const checks = [{ name: 'temporal', ok: false, says: 'does not answer', mend: 'start it' }];
  const unready = world.api({ ready: async () => ({ ready: false, checks }) });
  const probe = await unready.inject({ url: '/readyz' });
  expect(probe.statusCode).toBe(503);
  expect(probe.json()).toEqual({ ready: false, checks });
  expect((await api.inject({ url: '/readyz' })).statusCode).toBe(200);
  expect((await api.inject({ url: '/healthz' })).json()).toEqual({ ok: true, version: '1.2.3' });
});

const metric = async (name: string): Promise<number | undefined> => {
  const { body } = await api.inject({ url: '/metrics' });
  const line = body.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
};

test('metrics count open and ended rollouts, requests and the event loop', async () => {
  const story = new Story('2.2.0', { id: uuidv7(), service: 'counted' });
  await world.tell(story.planned().stepsUpTo(4).watching(4));
  expect(await metric('sluice_rollouts_open{state="watching"}')).toBe(1);
  expect(await metric('sluice_rollouts_open{state="held"}')).toBe(0);
  const before = (await metric('sluice_rollouts_ended_total{state="aborted"}')) ?? Number.NaN;
  await world.tell(story.note({ type: 'closed', state: 'aborted', sentence: 'It was.' }));
  const deadline = Date.now() + 20_000;
  while ((await metric('sluice_rollouts_ended_total{state="aborted"}')) !== before + 1) {
    if (Date.now() > deadline) throw new Error('the end was never counted');
  }
  expect(await metric('sluice_rollouts_open{state="watching"}')).toBe(0);
  expect(await metric('nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
  await api.inject({ url: '/v1/rollouts/some-hostile-name', headers: bearer });
  const count =
    'sluice_http_request_duration_seconds_count{method="GET",route="/v1/rollouts/:id",status="404"}';
  expect(await metric(count)).toBe(1);
  await api.inject({ url: '/some/unknown/place', headers: bearer });
  const { body } = await api.inject({ url: '/metrics' });
  // Nobody can fill the metrics with names of their own.
  expect(body).not.toContain('hostile');
  expect(body).not.toContain('unknown/place');
});

test('metrics without a ledger are the rest of the metrics', async () => {
  const ledger = {
    ...world.ledger,
    openRollouts: async () => {
      throw new Error('the ledger is away');
    },
  };
  const { statusCode, body } = await world.api({ ledger }).inject({ url: '/metrics' });
  expect(statusCode).toBe(200);
  expect(body).toContain('process_cpu_seconds_total');
  expect(body).not.toMatch(/sluice_rollouts_open\{/);
});

test('the OpenAPI document names every route, with its answers and problems', async () => {
  const document = (await api.inject({ url: '/v1/openapi.json' })).json<{
    readonly openapi: string;
    readonly paths: Record<string, Record<string, { readonly responses: Record<string, unknown> }>>;
    readonly components: { readonly schemas: Record<string, unknown> };
  }>();
  expect(document.openapi).toBe('3.1.0');
  const calls = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(calls.sort()).toMatchSnapshot();
  expect(Object.keys(document.components.schemas)).toEqual(
    expect.arrayContaining(['Rollout', 'Runbook', 'ProblemDocument', 'Event', 'RolloutRequest']),
  );
  expect(JSON.stringify(document)).not.toContain('__SCHEMA__');
  const start = document.paths['/v1/rollouts']?.['post'];
  expect(Object.keys(start?.responses ?? {})).toEqual(['200', '201', '202', '403', '409', '422']);
});
