import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RolloutView } from '../../src/store/views.ts';
import { sluice } from '../e2e/cli.ts';
import { Dev } from '../e2e/dev.ts';
import { oldVersion } from '../e2e/files.ts';

let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start([
    { name: 'queues', watch: '1h', onNewer: 'queue' },
    { name: 'gives', watch: '1h', onNewer: 'supersede' },
  ]);
  for (const name of ['queues', 'gives'])
    for (const version of ['1.1.0', '1.2.0', '1.3.0']) dev.files.release(name, version);
}, 90_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

const isWatching = ({ state }: RolloutView): boolean => state === 'watching';
const run = (...args: readonly string[]) => sluice(dev.home, args);

test('a newer deploy waits, the newest alone; it survives kills, starts once after a success, and not over what was taken back', async () => {
  const service = dev.service('queues');
  await service.under(100, async () => {
    const { rolloutId: first } = await service.deploy('1.1.0');
    await dev.api.reaches(first, 'watching', isWatching);
    const second = await dev.api.deploy('queues', '1.2.0', 'second');
    expect(second).toMatchObject({ outcome: 'queued', mode: 'queue', behind: first, repeated: false });
    expect(await dev.api.deploy('queues', '1.2.0', 'second')).toEqual({ ...second, repeated: true });
    const third = await run('deploy', 'queues', '1.3.0', '--json');
    expect(third.exit).toBe(0);
    const { rolloutId: waiting } = JSON.parse(third.out) as { readonly rolloutId: string };
    expect(await dev.api.rollout(second.rolloutId)).toMatchObject({
      state: 'superseded',
      sentence: expect.stringContaining('1.3.0 was asked for by'),
    });
    const replaced = { path: '/v1/rollouts', key: 'second' };
    expect(
      await dev.api.refusal({ ...replaced, body: { kind: 'deploy', service: 'queues', version: '1.2.0' } }),
    ).toMatchObject({ detail: expect.stringContaining('waits in its place') });
    const board = await run('status');
    expect(board.out).toContain('1.1.0 watching');
    expect(board.out).toContain('1.3.0 queued');
    expect((await run('history', 'queues')).out).toContain('queued');

    await dev.kill();
    await dev.withoutTemporal(async () => undefined, { then: 'SIGKILL' });
    await dev.up();
    expect(await dev.api.rollout(waiting)).toMatchObject({ state: 'queued' });
    await dev.api.reaches(first, 'watching', isWatching);
    await dev.api.say(first, 'promote');
    expect(await dev.api.ended(first)).toMatchObject({ state: 'succeeded' });
    const started = await dev.api.reaches(waiting, 'watching', isWatching);
    expect(started).toMatchObject({ version: '1.3.0', from: { version: '1.1.0' } });

    // Over something that was taken back nothing starts by itself; a person who has looked says `retry`.
    const fourth = await dev.api.deploy('queues', '1.2.0');
    expect(fourth).toMatchObject({ outcome: 'queued', behind: waiting });
    await dev.api.say(waiting, 'abort');
    expect(await dev.api.ended(fourth.rolloutId)).toMatchObject({
      state: 'refused',
      startedAt: null,
      problems: [{ message: expect.stringContaining(waiting) }],
    });
    const again = await dev.api.say(fourth.rolloutId, 'retry');
    expect(again).toMatchObject({ outcome: 'done', started: { outcome: 'accepted' } });
    const retried = again.outcome === 'done' ? (again.started?.rolloutId ?? '') : '';
    await dev.api.reaches(retried, 'watching', isWatching);

    // What waits can be told to wait no more.
    const fifth = await dev.api.deploy('queues', '1.3.0');
    expect(await dev.api.say(fifth.rolloutId, 'abort')).toMatchObject({ effect: 'leave-queue' });
    expect(await dev.api.rollout(fifth.rolloutId)).toMatchObject({ state: 'aborted', startedAt: null });
    await dev.api.say(retried, 'abort');
    await dev.api.ended(retried);
    const versions = (await dev.api.rollouts('queues')).filter(({ startedAt }) => startedAt !== null);
    expect(versions.map(({ version }) => version)).toEqual(['1.2.0', '1.3.0', '1.1.0']);
  });
});

test('a newer deploy takes the place of the one that runs: that goes back, then the newer one starts', async () => {
  const service = dev.service('gives');
  await service.under(100, async () => {
    const { rolloutId: first } = await service.deploy('1.1.0');
    await dev.api.reaches(first, 'watching', isWatching);
    const second = await dev.api.deploy('gives', '1.2.0');
    expect(second).toMatchObject({ outcome: 'queued', mode: 'supersede', behind: first });
    expect(await dev.api.ended(first)).toMatchObject({
      state: 'superseded',
      cause: { by: 'newer' },
      recovered: true,
    });
    const started = await dev.api.reaches(second.rolloutId, 'watching', isWatching);
    expect(started).toMatchObject({ version: '1.2.0', from: { version: oldVersion } });
    // The same version again is on its way already.
    const same = { path: '/v1/rollouts', body: { kind: 'deploy', service: 'gives', version: '1.2.0' } };
    expect(await dev.api.refusal(same)).toMatchObject({ code: 'ROLLOUT_LOCKED' });
    await dev.api.say(second.rolloutId, 'promote');
    expect(await dev.api.ended(second.rolloutId)).toMatchObject({ state: 'succeeded' });
  });
});
