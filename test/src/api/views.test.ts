import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { countsList, problemDocument, rolloutList, sampleList } from '../../../src/api/schemas/answers.ts';
import { rollout } from '../../../src/api/schemas/rollout.ts';
import { runbook } from '../../../src/api/schemas/runbook.ts';
import { breach, pass, samplesOf, Story } from './story.ts';
import type { World } from './world.ts';
import { bearer, openWorld } from './world.ts';

let world: World;
let api: FastifyInstance;
beforeAll(async () => {
  world = await openWorld();
  api = world.api();
});
afterAll(() => world.close());

const get = (url: string) => api.inject({ method: 'GET', url, headers: bearer });

const watched = async (service: string) => {
  const story = new Story('2.2.0', { id: uuidv7(), service });
  await world.tell(story.planned().stepsUpTo(4).watching(4));
  return story;
};

describe('GET /v1/rollouts', () => {
  test('filters by service and by whether it is open, pages, and refuses what it does not know', async () => {
    const first = await watched('lists');
    const second = new Story('2.3.0', { id: uuidv7(), service: 'lists', at: first.now + 60_000 });
    await world.tell(second.planned().note({ type: 'closed', state: 'rolled-back', sentence: 'It was.' }));
    const ids = async (query: string) => {
      const answer = await get(`/v1/rollouts?service=lists${query}`);
      return rolloutList.parse(answer.json()).rollouts.map(({ id }) => id);
    };
    expect(await ids('')).toEqual([second.id, first.id]);
    expect(await ids('&open=true')).toEqual([first.id]);
    expect(await ids('&open=false')).toEqual([second.id]);
    expect(await ids('&limit=1')).toEqual([second.id]);
    expect(await ids(`&limit=1&before=${second.id}`)).toEqual([first.id]);
    expect(await ids('&environment=staging')).toEqual([]);
    const wrong = await get('/v1/rollouts?limit=0&open=maybe&sort=up');
    expect(wrong.statusCode).toBe(400);
    expect(problemDocument.parse(wrong.json()).problems?.map(({ message }) => message)).toEqual([
      'query.open: must be one of true, false.',
      'query.limit: must be at least 1.',
      'query: does not take "sort".',
    ]);
  });

  test('a part that is well formed is not blamed for another one', async () => {
    const url = '/v1/rollouts/some-id/events?after=3';
    const answer = await api.inject({ url, headers: { ...bearer, 'last-event-id': 'x' } });
    expect(problemDocument.parse(answer.json()).problems?.map(({ message }) => message)).toEqual([
      'header.last-event-id: must be the position of an event.',
    ]);
  });
});

describe('GET /v1/rollouts/{id}', () => {
  test('the rollout, and its runbook', async () => {
    const story = await watched('reads');
    const view = rollout.parse((await get(`/v1/rollouts/${story.id}`)).json());
    expect(view).toMatchObject({ id: story.id, state: 'watching', watches: [{ watch: 0, step: 4 }] });
    expect(view).toEqual(await world.ledger.rollout(story.id));
    const book = await get(`/v1/rollouts/${story.id}/runbook`);
    expect(runbook.parse(book.json())).toEqual(story.runbook);
  });

  test('404 for what is not there, also for a runbook that was never made', async () => {
    expect((await get('/v1/rollouts/0000000000')).statusCode).toBe(404);
    const story = new Story('2.2.0', { id: uuidv7(), service: 'refuses' });
    await world.tell(story.note({ type: 'refused', problems: [] }));
    const answer = await get(`/v1/rollouts/${story.id}/runbook`);
    expect(answer.statusCode).toBe(404);
    expect(problemDocument.parse(answer.json()).detail).toContain('has no runbook');
  });

  test('?wait answers when something happens, and not before', async () => {
    const story = await watched('waits');
    const { position } = rollout.parse((await get(`/v1/rollouts/${story.id}`)).json());
    let answered = false;
    const waiting = get(`/v1/rollouts/${story.id}?wait=60s&after=${String(position)}`).then((answer) => {
      answered = true;
      return rollout.parse(answer.json());
    });
    // Something happens to another rollout: that is no answer.
    await watched('waits-not');
    await get('/healthz');
    expect(answered).toBe(false);
    await world.tell(story.after(14).verdict(4, breach));
    const view = await waiting;
    expect(view.position).toBeGreaterThan(position);
    expect(view.watches[0]?.verdict).toEqual(breach);
  });

  test('?wait answers at once where the client is behind, and after the time where nothing happens', async () => {
    const story = await watched('late');
    const behind = await get(`/v1/rollouts/${story.id}?wait=60s&after=1`);
    expect(behind.statusCode).toBe(200);
    const unchanged = await get(`/v1/rollouts/${story.id}?wait=50ms`);
    expect(rollout.parse(unchanged.json())).toEqual(rollout.parse(behind.json()));
    expect((await get(`/v1/rollouts/${story.id}?wait=1h`)).statusCode).toBe(400);
  });

  test('a server that closes lets its waiting clients go', async () => {
    const story = await watched('closes');
    const own = world.api();
    const waiting = own.inject({ url: `/v1/rollouts/${story.id}?wait=5m`, headers: bearer });
    // The call has begun once a second one on the same server was answered.
    await own.inject({ url: `/v1/rollouts/${story.id}`, headers: bearer });
    await own.close();
    expect((await waiting).statusCode).toBe(200);
  });
});

describe('GET /v1/rollouts/{id}/recording', () => {
  test('the text as it lies there, of a watch or the last; what is not there is said', async () => {
    const story = await watched('recorded');
    const sha256 = 'ab'.repeat(32);
    const api = world.api({
      recordings: {
        get: async (asked) => {
          expect(asked).toBe(sha256);
          return '{"b":1, "a":2}';
        },
      },
    });
    const ask = (query: string) =>
      api.inject({ url: `/v1/rollouts/${story.id}/recording${query}`, headers: bearer });
    expect(problemDocument.parse((await ask('')).json()).detail).toContain('has no recording');
    await world.tell(story.verdict(4, { ...pass, recording: sha256 }));
    for (const query of ['', '?watch=0']) {
      const answer = await ask(query);
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['content-type']).toContain('application/json');
      expect(answer.body).toBe('{"b":1, "a":2}');
    }
    const other = await ask('?watch=1');
    expect(other.statusCode).toBe(404);
    expect(problemDocument.parse(other.json()).detail).toContain('of watch 1');
  });
});

describe('GET /v1/rollouts/{id}/samples', () => {
  test('raw samples, after a time; counts since the watch began, thinned out', async () => {
    const story = await watched('samples');
    for (const { t, sample } of samplesOf(20, { canary: 0.1, baseline: 0.01 })) {
      await world.ledger.addSample(story.id, 0, t, sample);
    }
    const raw = sampleList.parse((await get(`/v1/rollouts/${story.id}/samples?watch=0&after=17.5`)).json());
    expect(raw.samples.map(({ t }) => t)).toEqual([18, 19, 20]);
    expect(raw.more).toBe(false);
    const counts = await get(`/v1/rollouts/${story.id}/samples?watch=0&after=18&form=counts`);
    expect(countsList.parse(counts.json())).toEqual({
      watch: 0,
      points: [19, 20].map((t) => ({
        t,
        canary: { requests: 30 * t, errors: 3 * t },
        baseline: { requests: 270 * t, errors: Math.floor(2.7 * t) },
      })),
    });
    expect((await get(`/v1/rollouts/${story.id}/samples`)).statusCode).toBe(400);
  });

  test('counts of a later watch begin with it, on the rollout’s clock or not', async () => {
    const story = await watched('samples-later');
    await world.tell(story.after(40).watching(6));
    for (const { t, sample } of samplesOf(60, { canary: 0.1, baseline: 0.01 })) {
      if (t >= 40) await world.ledger.addSample(story.id, 1, t, sample);
    }
    const answer = await get(`/v1/rollouts/${story.id}/samples?watch=1&form=counts`);
    const { points } = countsList.parse(answer.json());
    expect(points.map(({ t }) => t)).toEqual(Array.from({ length: 21 }, (_, i) => i));
    expect(points[0]?.canary).toEqual({ requests: 0, errors: 0 });
    expect(points.at(-1)?.canary).toEqual({ requests: 600, errors: 60 });
  });
});
