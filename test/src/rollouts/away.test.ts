import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rolloutWorkflowId } from '../../../workflows/ids.ts';
import type { RolloutView } from '../../../src/store/views.ts';
import { Dev } from '../../e2e/dev.ts';
import { environment, oldVersion } from '../../e2e/files.ts';

let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start([
    { name: 'away', watch: '1h' },
    { name: 'lost', watch: '1h' },
  ]);
}, 90_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

const isWatching = ({ state }: RolloutView): boolean => state === 'watching';

test('an abort that Temporal does not hear is not lost: it is carried out once Temporal is back, and once', async () => {
  const service = dev.service('away');
  await service.under(100, async () => {
    service.release('1.1.0');
    const { rolloutId } = await service.deploy('1.1.0');
    await dev.api.reaches(rolloutId, 'watching', isWatching);
    const answers = await dev.withoutTemporal(async () => [
      await dev.api.say(rolloutId, 'abort', 'stop-it'),
      await dev.api.say(rolloutId, 'abort', 'stop-it'),
    ]);
    for (const answer of answers)
      expect(answer).toEqual({ outcome: 'not-confirmed', rolloutId, key: 'stop-it' });
    const view = await dev.api.ended(rolloutId);
    expect(view).toMatchObject({ state: 'aborted', recovered: true });
    expect(view.commands).toMatchObject([{ command: 'abort', effect: 'way-back', refusal: null }]);
    expect((await service.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
    expect((await dev.api.events(rolloutId)).filter(({ body }) => body.type === 'way-back')).toHaveLength(1);
  });
});

test('a rollout whose run was terminated is found before the next deploy, and its traffic goes back', async () => {
  const service = dev.service('lost');
  await service.under(100, async () => {
    service.release('1.1.0');
    service.release('1.2.0');
    const { rolloutId } = await service.deploy('1.1.0');
    await dev.api.reaches(rolloutId, 'watching', isWatching);
    await dev.temporal((client) =>
      client.workflow.getHandle(rolloutWorkflowId(environment, 'lost')).terminate('a test ends it'),
    );
    // A terminated run leaves the traffic where it is.
    expect((await service.weights()).at(-1)?.weights).toEqual({ '1.1.0': 50, [oldVersion]: 50 });

    const next = { path: '/v1/rollouts', body: { kind: 'deploy', service: 'lost', version: '1.2.0' } };
    const answer = await dev.api.send(next);
    const lost = await dev.api.ended(rolloutId);
    expect(lost.state).toBe('rolled-back');
    const recoveries = (await dev.api.rollouts('lost')).filter(({ kind }) => kind === 'recover');
    expect(recoveries).toMatchObject([{ of: rolloutId, actor: { via: 'system' } }]);
    const recovery = recoveries[0]?.id ?? '';
    expect(await dev.api.ended(recovery)).toMatchObject({ state: 'succeeded', version: oldVersion });
    expect((await service.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });

    // Whoever asked was told of the recovery that holds the lock; asked again, the deploy begins.
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'ROLLOUT_LOCKED', details: { rolloutId: recovery } },
    });
    const { rolloutId: second } = await service.deploy('1.2.0');
    await dev.api.reaches(second, 'watching', isWatching);
    await dev.api.say(second, 'abort');
    expect(await dev.api.ended(second)).toMatchObject({ state: 'aborted' });
  });
});
