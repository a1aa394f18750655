import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { hashOf } from '../../../src/access/identify.ts';
import { accessIn } from '../../../src/access/source.ts';
import { problemDocument, rolloutAnswer } from '../../../src/api/schemas/answers.ts';
import { createRollouts } from '../../../src/rollouts/rollouts.ts';
import { validText } from '../service-file/make.ts';
import type { World } from './world.ts';
import { listen, openWorld, token as operatorToken } from './world.ts';

/** The real façade, API and ledger over HTTP, without Temporal. */
let world: World;
let folder: string;
let url: string;
let connection: Connection;

const accessFile = `apiVersion: sluice/v1
people: { ana: {}, bo: {} }
tokens:
  ana: { person: ana, sha256: ${hashOf('ana-token')}, expires: 2999-01-01 }
  bo: { person: bo, sha256: ${hashOf('bo-token')}, expires: 2999-01-01 }
  old: { person: ana, sha256: ${hashOf('old-token')}, expires: 2020-01-01 }
groups: { visitors: [bo], shippers: [ana] }
grants: [{ to: [shippers], may: [deploy], services: [shop] }]
`;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-access-'));
  await writeFile(path.join(folder, 'shop.yml'), validText);
  world = await openWorld();
  const access = accessIn(folder, pino({ enabled: false }));
  // Nobody listens there: what passes the gate is "not confirmed yet", and what doesn't never asks.
  connection = Connection.lazy({ address: '127.0.0.1:1' });
  const client = new Client({ connection });
  const rollouts = createRollouts({
    ...{ client, access, ledger: world.ledger, services: folder, log: pino({ enabled: false }) },
    ...{ planMs: 500, answerMs: 500 },
    settings: {
      queues: { main: 'main', watch: 'watch', tell: 'tell' },
      ...{ heartbeatMs: 1_000, writeMs: 1_000, writeForMs: 1_000, ledgerPatienceMs: 1_000 },
    },
  });
  url = await listen(world.api({ access, rollouts }));
});
beforeEach(async () => {
  await writeFile(path.join(folder, 'access.yml'), accessFile);
});
afterAll(async () => {
  await world.close();
  await connection.close();
  await rm(folder, { recursive: true, force: true });
});

const call = async (token: string, at: string, body?: unknown) => {
  const answer = await fetch(`${url}${at}`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const said: unknown = JSON.parse(text);
  return { status: answer.status, said, text };
};

const deploy = { service: 'shop', version: '2.1.0' };
/** Asks for the same right, and looks at no other rollout first. */
const raise = { kind: 'flag', service: 'shop', flag: 'new-cart', percent: 50 };

describe('who calls', () => {
  test('each token is somebody', async () => {
    expect((await call(operatorToken, '/v1/whoami')).said).toMatchObject({ id: 'operator', via: 'operator' });
    expect((await call('ana-token', '/v1/whoami')).said).toEqual({
      ...{ id: 'ana', via: 'token', groups: ['shippers'], unsure: false },
    });
    for (const bad of ['old-token', 'guess', hashOf('ana-token')])
      expect((await call(bad, '/v1/whoami')).status).toBe(401);
  });

  test('the list of tokens holds no hash', async () => {
    const { said, text } = await call('bo-token', '/v1/tokens');
    expect(said).toMatchObject({ tokens: [{ name: 'ana', person: 'ana' }, { name: 'bo' }, { name: 'old' }] });
    expect(text).not.toContain(hashOf('ana-token'));
  });
});

describe('what is refused', () => {
  test('a deploy by somebody who may not: said with who may, recorded with who asked, nothing started', async () => {
    const { status, said } = await call('bo-token', '/v1/rollouts', { ...deploy, reason: 'please' });
    expect(status).toBe(403);
    const problem = problemDocument.parse(said);
    expect(problem.code).toBe('NOT_AUTHORISED');
    expect(problem.detail).toMatch(/^bo may not deploy shop in production: only .*shippers or the operator/);
    const [recorded] = await world.ledger.rollouts({ service: 'shop', limit: 1 });
    expect(recorded).toMatchObject({ state: 'refused', actor: { id: 'bo', via: 'token' } });
    expect(recorded?.problems[0]?.code).toBe('NOT_AUTHORISED');
  });

  test('a rollback, a flag, an adoption and a lock by somebody who may not; the log has who tried', async () => {
    for (const [at, body] of [
      ['/v1/rollouts', { kind: 'rollback', service: 'shop' }],
      ['/v1/rollouts', raise],
      ['/v1/services/shop/adopt', {}],
      ['/v1/services/shop/lock', { reason: 'mine' }],
      ['/v1/services/shop/unlock', { reason: 'mine' }],
    ] as const) {
      const { status, said } = await call('bo-token', at, body);
      expect([at, status, problemDocument.parse(said).code]).toEqual([at, 403, 'NOT_AUTHORISED']);
    }
    const warned = world.log.filter((line) => line.includes('NOT_AUTHORISED')).join('');
    expect(warned).toContain('bo may not lock or unlock shop');
  });

  test('whoever is granted it gets past the gate, to Temporal', async () => {
    const { status, said } = await call('ana-token', '/v1/rollouts', raise);
    expect([status, said]).toMatchObject([202, { outcome: 'not-confirmed' }]);
  });

  test('with a broken file nobody deploys but the operator; a mended one counts at once', async () => {
    expect((await call('ana-token', '/v1/whoami')).status).toBe(200);
    await writeFile(path.join(folder, 'access.yml'), 'apiVersion: sluice/v1\ngroups: [ana]\n');
    expect((await call('ana-token', '/v1/whoami')).said).toMatchObject({ id: 'ana', unsure: true });
    const { status, said } = await call('ana-token', '/v1/rollouts', deploy);
    expect([status, problemDocument.parse(said).code]).toEqual([403, 'NOT_AUTHORISED']);
    expect((await call(operatorToken, '/v1/rollouts', raise)).status).toBe(202);
    await writeFile(
      path.join(folder, 'access.yml'),
      accessFile.replace('[shippers]', '[shippers, visitors]'),
    );
    expect((await call('bo-token', '/v1/rollouts', raise)).status).toBe(202);
  });
});

test('an approval that Temporal does not hear is not kept for later, and an abort is', async () => {
  const { said } = await call(operatorToken, '/v1/rollouts', raise);
  const { rolloutId } = rolloutAnswer.parse(said);
  const say = (command: string) => call(operatorToken, `/v1/rollouts/${rolloutId}/commands`, { command });
  const kept = async () =>
    (await world.ledger.waitingCommands(100)).filter((command) => command.rolloutId === rolloutId);

  const approve = await say('approve');
  expect([approve.status, problemDocument.parse(approve.said).code]).toEqual([503, 'TEMPORAL_UNAVAILABLE']);
  expect(await kept()).toEqual([]);
  expect((await say('abort')).status).toBe(202);
  expect(await kept()).toMatchObject([{ command: 'abort' }]);
});

test('a request that was refused does not stand between a person and what runs', async () => {
  const { said } = await call(operatorToken, '/v1/rollouts', raise);
  const { rolloutId } = rolloutAnswer.parse(said);
  expect((await call('bo-token', '/v1/rollouts', deploy)).status).toBe(403);
  expect((await call('bo-token', '/v1/rollouts/shop')).said).toMatchObject({ id: rolloutId });
});
