import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rolloutAnswer } from '../../src/api/schemas/answers.ts';
import type { Answer } from './api.ts';
import { sluice } from './cli.ts';
import { Dev } from './dev.ts';
import type { TestService } from './test-service.ts';
import { until } from './until.ts';

let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start(['locked', 'repeated', 'said'].map((name) => ({ name, watch: '1h' })));
}, 90_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

const ask = (service: string, version: string, key?: string): Promise<Answer> =>
  dev.api.send({ path: '/v1/rollouts', body: { kind: 'deploy', service, version }, key });

const idOf = ({ body }: Answer): string => rolloutAnswer.parse(body).rolloutId;

const deploysOf = async (service: TestService, rolloutId: string): Promise<number> =>
  (await service.events()).filter(
    (event) => event.event === 'applied' && event.action.do === 'deploy' && event.rolloutId === rolloutId,
  ).length;

test('of two deploys at once one runs, and the other is told which, by whom and since when', async () => {
  const service = dev.service('locked');
  await service.under(50, async () => {
    service.release('1.1.0');
    service.release('1.2.0');
    const answers = await Promise.all([ask('locked', '1.1.0'), ask('locked', '1.2.0')]);
    const winner = answers.find(({ status }) => status === 201);
    const loser = answers.find(({ status }) => status === 409);
    if (winner === undefined) throw new Error(`Nobody won: ${JSON.stringify(answers)}`);
    const id = idOf(winner);
    const running = await dev.api.rollout(id);
    expect(loser?.body).toMatchObject({
      code: 'ROLLOUT_LOCKED',
      status: 409,
      details: { rolloutId: id, version: running.version, by: 'operator', since: running.requestedAt },
    });

    const open = (await dev.api.rollouts('locked')).filter(({ endedAt }) => endedAt === null);
    expect(open.map((view) => view.id)).toEqual([id]);
    await dev.api.reaches(id, 'watching', ({ state }) => state === 'watching');
    const writers = (await service.events()).flatMap((event) =>
      event.event === 'received' ? [event.rolloutId] : [],
    );
    expect(new Set(writers)).toEqual(new Set(['seed', id]));
    const waiting = await sluice(dev.home, ['deploy', 'locked', '1.2.0', '--wait']);
    expect(waiting).toMatchObject({ exit: 9, out: '' });
    expect(waiting.err).toContain(id);
    await dev.api.say(id, 'abort');
    await dev.api.ended(id);

    // The lock is free again; and who waits for a rollout that somebody aborts hears so.
    const looking = sluice(dev.home, ['deploy', 'locked', '1.2.0', '--wait']);
    const next = await until('the next one is watching', async () =>
      (await dev.api.rollouts('locked')).find(({ state }) => state === 'watching'),
    );
    expect(await sluice(dev.home, ['abort', next.id, '--reason', 'not today'])).toMatchObject({ exit: 0 });
    expect(await looking).toMatchObject({ exit: 5 });
    expect((await dev.api.rollout(next.id)).commands).toMatchObject([
      { command: 'abort', reason: 'not today' },
    ]);
  });
});

describe('an idempotency key', () => {
  test('begins one rollout, however often it is said: at once, later, and after its end', async () => {
    const service = dev.service('repeated');
    await service.under(50, async () => {
      service.release('1.1.0');
      const key = 'ci-run-4711';
      const atOnce = await Promise.all([1, 2, 3, 4].map(() => ask('repeated', '1.1.0', key)));
      for (const { status } of atOnce) expect([200, 201, 202]).toContain(status);
      const [id = '', ...others] = new Set(atOnce.map(idOf));
      expect(others).toEqual([]);

      await dev.api.reaches(id, 'watching', ({ state }) => state === 'watching');
      const later = await ask('repeated', '1.1.0', key);
      expect(later).toMatchObject({
        status: 200,
        body: { outcome: 'accepted', repeated: true, rolloutId: id },
      });
      expect(await ask('repeated', '1.2.0', key)).toMatchObject({
        status: 409,
        body: { code: 'IDEMPOTENCY_CONFLICT' },
      });
      await dev.api.say(id, 'abort');
      await dev.api.ended(id);
      const afterwards = await ask('repeated', '1.1.0', key);
      expect(afterwards).toMatchObject({ status: 200, body: { repeated: true, rolloutId: id } });

      expect(await dev.api.rollouts('repeated')).toHaveLength(1);
      expect(await deploysOf(service, id)).toBe(1);
    });
  });

  test('makes a command act once', async () => {
    const service = dev.service('said');
    await service.under(50, async () => {
      service.release('1.1.0');
      const { rolloutId } = await service.deploy('1.1.0');
      await dev.api.reaches(rolloutId, 'watching', ({ state }) => state === 'watching');
      const holds = await Promise.all([1, 2, 3].map(() => dev.api.say(rolloutId, 'hold', 'hold-1')));
      for (const answer of holds) expect(answer).toMatchObject({ outcome: 'done', effect: 'hold' });
      await dev.api.say(rolloutId, 'resume');
      // The first hold is over: said once more it is still the same one, and holds nothing.
      await dev.api.say(rolloutId, 'hold', 'hold-1');
      const goBack = () =>
        dev.api.send({ path: '/v1/rollouts', body: { kind: 'rollback', service: 'said' }, key: 'back-1' });
      for (const { status, body } of await Promise.all([goBack(), goBack()])) {
        expect(status).toBe(200);
        expect(body).toMatchObject({ outcome: 'done', effect: 'way-back', rolloutId });
      }
      const view = await dev.api.ended(rolloutId);
      expect(view.state).toBe('aborted');
      expect(view.commands.map(({ command }) => command)).toEqual(['hold', 'resume', 'rollback']);
      // Said once more, as by a client that has not heard the answer, it does not take back what was good before.
      expect(await goBack()).toMatchObject({ body: { outcome: 'done', effect: 'way-back', rolloutId } });
      expect(await dev.api.rollouts('said')).toHaveLength(1);
      expect((await dev.api.events(rolloutId)).filter(({ body }) => body.type === 'way-back')).toHaveLength(
        1,
      );
    });
  });
});
