import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import {
  effectiveConfig,
  placeList,
  prepared,
  problemDocument,
  releaseList,
} from '../../../src/api/schemas/answers.ts';
import { SluiceError } from '../../../runbooks/errors.ts';
import { releaseView } from '../../../src/api/schemas/rollout.ts';
import { runbookTo, Story } from './story.ts';
import type { World } from './world.ts';
import { bearer, openWorld } from './world.ts';

let world: World;
let api: FastifyInstance;
beforeAll(async () => {
  world = await openWorld();
  api = world.api();
});
afterAll(() => world.close());

const call = (method: 'GET' | 'POST', url: string, payload?: object) =>
  api.inject({ method, url, headers: bearer, ...(payload === undefined ? {} : { payload }) });

const promoted = async (version: string, at: number): Promise<string> => {
  const story = new Story(version, { id: uuidv7(), at, from: '2.0.3' });
  story.planned().note({
    type: 'promoted',
    service: 'shop',
    environment: 'production',
    release: story.runbook.to,
    by: 'rollout',
  });
  await world.tell(story.note({ type: 'closed', state: 'succeeded', sentence: 'It has all traffic.' }));
  return story.id;
};

const foreseen = {
  known: true as const,
  ...{ requestsPerSecond: 5, pastSeconds: 1800, rate: 0.003, share: 0.1, watchSeconds: 900, harm: 0.01 },
  ...{ smallestFound: 0.028, largestPassing: null, excludedAfterSeconds: 2660, smallestSlowdown: 1.39 },
  ...{ suffices: false, sentence: 'At 5 requests per second …', warning: 'A watch of …', advice: 'About …' },
};

test('config: 200 with who said what, 404 and 422 as they are refused', async () => {
  const config = {
    service: 'shop',
    environment: 'production',
    values: [
      { path: 'service', environment: null, value: 'shop', origin: { by: 'product' as const } },
      {
        ...{ path: 'environments.production.held', environment: 'production', value: '2h' },
        origin: { by: 'floors' as const, file: 'services/sluice.yml', line: 7 },
      },
    ],
  };
  const asked: unknown[] = [];
  world.script.config = async (request) => {
    asked.push(request);
    return config;
  };
  const answer = await call('GET', '/v1/services/shop/config?environment=production');
  expect(answer.statusCode).toBe(200);
  expect(effectiveConfig.parse(answer.json())).toEqual(config);
  await call('GET', '/v1/services/shop/config');
  expect(asked).toEqual([
    { service: 'shop', environment: 'production' },
    { service: 'shop', environment: null },
  ]);
  for (const [code, status] of [
    ['SERVICE_UNKNOWN', 404],
    ['ORGANISATION_FILE_INVALID', 422],
  ] as const) {
    world.script.config = async () => {
      throw new SluiceError({ code, message: 'No.' });
    };
    const refused = await call('GET', '/v1/services/shop/config');
    expect(problemDocument.parse(refused.json())).toMatchObject({ code, status });
  }
  expect((await call('GET', '/v1/services/shop/config?what=1')).statusCode).toBe(400);
});

test('plan: 200 with the runbook, 422 with the refusals', async () => {
  const plan = {
    ok: true as const,
    runbook: runbookTo('2.1.0'),
    hash: 'b'.repeat(64),
    epoch: 3,
    warnings: [],
    outlook: foreseen,
    keep: null,
  };
  world.script.plan = async () => plan;
  const answer = await call('POST', '/v1/plans', { service: 'shop', version: '2.1.0' });
  expect(answer.statusCode).toBe(200);
  expect(prepared.parse(answer.json())).toEqual(plan);
  world.script.plan = async () => ({
    ok: false,
    problems: [{ code: 'VERSION_MUTABLE', message: '"latest" moves.' }],
  });
  const refused = await call('POST', '/v1/plans', { service: 'shop', version: 'latest' });
  expect(refused.statusCode).toBe(422);
  expect(problemDocument.parse(refused.json())).toMatchObject({ code: 'VERSION_MUTABLE', problems: [{}] });
});

describe('services and releases', () => {
  test('the board, and releases with the newest first', async () => {
    const first = await promoted('2.0.4', 1_700_000_000_000);
    const second = await promoted('2.1.0', 1_700_000_100_000);
    const { services } = placeList.parse((await call('GET', '/v1/services')).json());
    expect(services).toMatchObject([{ service: 'shop', good: { version: '2.1.0' }, open: null }]);
    const { releases } = releaseList.parse((await call('GET', '/v1/services/shop/releases')).json());
    expect(releases.map(({ rolloutId }) => rolloutId)).toEqual([second, first]);
    const one = await call('GET', '/v1/services/shop/releases?environment=production&limit=1');
    expect(releaseList.parse(one.json()).releases).toHaveLength(1);
  });

  test('a typo is told what was probably meant', async () => {
    const service = await call('GET', '/v1/services/shpo/releases');
    expect(service.statusCode).toBe(404);
    expect(problemDocument.parse(service.json())).toMatchObject({
      code: 'SERVICE_UNKNOWN',
      hint: 'Did you mean "shop"? There are: shop.',
    });
    const environment = await call('GET', '/v1/services/shop/releases?environment=prodution');
    expect(problemDocument.parse(environment.json())).toMatchObject({
      code: 'ENVIRONMENT_UNKNOWN',
      hint: 'Did you mean "production"? There are: production.',
    });
  });
});

test('adopt answers with the release', async () => {
  const release = {
    ...{ version: '2.0.4', digest: 'sha256:0', service: 'shop', environment: 'production' },
    ...{ state: 'good' as const, by: 'adopt' as const, promotedAt: '2026-01-01T00:00:00.000Z' },
    ...{ retiredAt: null, rolloutId: 'r' },
  };
  const heard: unknown[] = [];
  world.script.adopt = async (request) => {
    heard.push(request);
    return release;
  };
  const answer = await call('POST', '/v1/services/shop/adopt', { environment: 'production' });
  expect(releaseView.parse(answer.json())).toEqual(release);
  expect(heard).toMatchObject([{ service: 'shop', environment: 'production', actor: { id: 'operator' } }]);
});

test('the playbook is Markdown, of a version or of the last rollout', async () => {
  world.script.playbook = async ({ version }) => `# ${version ?? 'last'}\n`;
  const last = await call('GET', '/v1/services/shop/playbook');
  expect(last.headers['content-type']).toBe('text/markdown; charset=utf-8');
  expect(last.body).toBe('# last\n');
  expect((await call('GET', '/v1/services/shop/playbook?version=2.1.0')).body).toBe('# 2.1.0\n');
});
