import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { SluiceError } from '../../../runbooks/errors.ts';
import { problemDocument, rolloutAnswer, saidAnswer } from '../../../src/api/schemas/answers.ts';
import type { DeployRequest, RollbackRequest, StartAnswer } from '../../../src/rollouts/requests.ts';
import { rolloutId, runbookTo } from './story.ts';
import type { World } from './world.ts';
import { bearer, openBareWorld } from './world.ts';

let world: World;
let api: FastifyInstance;
beforeAll(() => {
  world = openBareWorld();
  api = world.api();
});
afterAll(() => world.close());

const accepted: StartAnswer = {
  outcome: 'accepted',
  rolloutId,
  repeated: false,
  prepared: {
    ok: true,
    runbook: runbookTo('2.1.0'),
    hash: 'a'.repeat(64),
    epoch: 1,
    warnings: ['a warning'],
    keep: null,
  },
};

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  api.inject({ method: 'POST', url, headers: { ...bearer, ...headers }, payload: body as object });

const problemOf = (body: string) => problemDocument.parse(JSON.parse(body));

describe('POST /v1/rollouts', () => {
  let asked: (DeployRequest | RollbackRequest)[] = [];
  beforeEach(() => {
    asked = [];
    world.script.deploy = async (request) => {
      asked.push(request);
      return accepted;
    };
  });

  test('201 with the runbook, and the façade hears who asked and with which key', async () => {
    const answer = await post(
      '/v1/rollouts',
      { service: 'shop', version: '2.1.0', environment: 'production', reason: '  faster checkout ' },
      { 'idempotency-key': 'k-1' },
    );
    expect(answer.statusCode).toBe(201);
    expect(answer.headers.location).toBe(`/v1/rollouts/${rolloutId}`);
    expect(rolloutAnswer.parse(answer.json())).toEqual(accepted);
    expect(asked).toEqual([
      {
        service: 'shop',
        environment: 'production',
        version: '2.1.0',
        reason: 'faster checkout',
        key: 'k-1',
        actor: { id: 'operator', via: 'operator', groups: ['operator'] },
      },
    ]);
  });

  test('what is left out is null; a blank reason is none', async () => {
    await post('/v1/rollouts', { service: 'shop', version: '2.1.0', reason: ' \n ' });
    expect(asked).toMatchObject([{ environment: null, reason: null, key: null }]);
  });

  test('200 for a repeated key, 202 where nobody has confirmed, or it waits', async () => {
    world.script.deploy = async () => ({ ...accepted, repeated: true });
    expect((await post('/v1/rollouts', { service: 'shop', version: '2.1.0' })).statusCode).toBe(200);
    world.script.deploy = async () => ({ outcome: 'not-confirmed', rolloutId, repeated: false });
    const answer = await post('/v1/rollouts', { service: 'shop', version: '2.1.0' });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ outcome: 'not-confirmed', rolloutId, repeated: false });
    const queued = { outcome: 'queued', rolloutId, repeated: false, mode: 'queue', behind: 'r1' } as const;
    world.script.deploy = async () => queued;
    const waits = await post('/v1/rollouts', { service: 'shop', version: '2.1.0' });
    expect([waits.statusCode, waits.json()]).toEqual([202, queued]);
  });

  test('422 with every refusal, the first of which gives the code', async () => {
    world.script.deploy = async () => ({
      outcome: 'refused',
      rolloutId,
      repeated: false,
      problems: [
        { code: 'ARTIFACT_NOT_FOUND', message: 'There is no 9.9.9.', hint: 'There are 2.0.4, 2.1.0.' },
        { code: 'NO_WAY_BACK', message: 'Nothing is known to be good.' },
      ],
    });
    const answer = await post('/v1/rollouts', { service: 'shop', version: '9.9.9' });
    expect(answer.statusCode).toBe(422);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(problemOf(answer.body)).toMatchObject({
      type: 'urn:sluice:problem:artifact-not-found',
      title: 'There is no artifact of that version.',
      status: 422,
      code: 'ARTIFACT_NOT_FOUND',
      detail: 'There is no 9.9.9. Nothing is known to be good.',
      hint: 'There are 2.0.4, 2.1.0.',
      rolloutId,
      problems: [{ code: 'ARTIFACT_NOT_FOUND' }, { code: 'NO_WAY_BACK' }],
    });
  });

  test('409 with what is known about the rollout that holds the lock', async () => {
    world.script.deploy = async () => {
      throw new SluiceError({
        code: 'ROLLOUT_LOCKED',
        message: 'A rollout is running.',
        hint: 'Wait.',
        details: { rolloutId: 'other', by: 'ana' },
      });
    };
    const answer = await post('/v1/rollouts', { service: 'shop', version: '2.1.0' });
    expect(answer.statusCode).toBe(409);
    expect(problemOf(answer.body)).toMatchObject({
      code: 'ROLLOUT_LOCKED',
      retryable: true,
      details: { rolloutId: 'other', by: 'ana' },
    });
  });

  test('a rollback of an open rollout is said to it: 200 with what was done', async () => {
    world.script.rollback = async (request) => {
      asked.push(request);
      return { outcome: 'done', rolloutId, effect: 'way-back', state: 'rolling-back', started: null };
    };
    const answer = await post('/v1/rollouts', { kind: 'rollback', service: 'shop', to: '2.0.4' });
    expect(answer.statusCode).toBe(200);
    expect(rolloutAnswer.parse(answer.json())).toMatchObject({ outcome: 'done', effect: 'way-back' });
    expect(asked).toMatchObject([{ service: 'shop', to: '2.0.4', environment: null }]);
  });

  test('all problems at once, each with its path, and the façade is not asked', async () => {
    const answer = await post(
      '/v1/rollouts',
      { kind: 'rollback', service: 7, version: '1', reason: 'x'.repeat(2001), 'wait\u0007': 1 },
      { 'idempotency-key': 'with space' },
    );
    expect(answer.statusCode).toBe(400);
    const problem = problemOf(answer.body);
    expect(problem.code).toBe('USAGE');
    expect(problem.problems?.map(({ message }) => message)).toEqual([
      'body.service: must be a string.',
      'body.reason: must be at most 2000 characters long.',
      'body: does not take "version", "wait\ufffd".',
      'header.idempotency-key: must be 1 to 200 visible ASCII characters.',
    ]);
    expect(asked).toEqual([]);
  });

  test.each([
    [{ service: 'shop' }, 'body.version: is missing.'],
    [{ service: '', version: '1' }, 'body.service: must not be empty.'],
    [{ service: 'shop', version: 'a\u0000b' }, 'body.version: must not hold control characters.'],
    [{ service: 'shop', version: '\ud800' }, 'body.version: must be well-formed Unicode.'],
    [{ kind: 'recover', service: 'shop' }, 'body.kind: must be deploy, rollback or flag.'],
    [[], 'body: must be an object.'],
  ])('%j is refused: %s', async (body, message) => {
    const answer = await post('/v1/rollouts', body);
    expect(answer.statusCode).toBe(400);
    expect(problemOf(answer.body).problems?.map((problem) => problem.message)).toContain(message);
    expect(asked).toEqual([]);
  });
});

describe('POST /v1/rollouts/{id}/commands', () => {
  test('200 with what it did', async () => {
    const heard: unknown[] = [];
    world.script.say = async (request) => {
      heard.push(request);
      return { outcome: 'done', rolloutId, effect: 'hold', state: 'held', started: null };
    };
    const answer = await post(
      `/v1/rollouts/${rolloutId}/commands`,
      { command: 'hold', reason: 'lunch' },
      { 'idempotency-key': 'k-2' },
    );
    expect(answer.statusCode).toBe(200);
    expect(saidAnswer.parse(answer.json())).toMatchObject({ outcome: 'done', state: 'held' });
    expect(heard).toEqual([
      {
        id: rolloutId,
        command: 'hold',
        reason: 'lunch',
        key: 'k-2',
        actor: { id: 'operator', via: 'operator', groups: ['operator'] },
      },
    ]);
  });

  test('202 where nobody has confirmed, 409 where the state does not allow it', async () => {
    world.script.say = async () => ({ outcome: 'not-confirmed', rolloutId, key: 'k' });
    expect((await post(`/v1/rollouts/${rolloutId}/commands`, { command: 'abort' })).statusCode).toBe(202);
    world.script.say = async () => {
      throw new SluiceError({ code: 'COMMAND_REFUSED', message: 'Can not hold: it is held.' });
    };
    const answer = await post(`/v1/rollouts/${rolloutId}/commands`, { command: 'hold' });
    expect(answer.statusCode).toBe(409);
    expect(problemOf(answer.body)).toMatchObject({
      code: 'COMMAND_REFUSED',
      detail: 'Can not hold: it is held.',
    });
  });

  test('an unknown command is told the known ones', async () => {
    const answer = await post(`/v1/rollouts/${rolloutId}/commands`, { command: 'stop' });
    expect(answer.statusCode).toBe(400);
    expect(problemOf(answer.body).detail).toContain('body.command: must be one of approve, deny, hold');
  });
});
