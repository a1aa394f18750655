import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RolloutView } from '../../src/store/views.ts';
import { sluice } from '../e2e/cli.ts';
import { Dev } from '../e2e/dev.ts';
import { oldVersion } from '../e2e/files.ts';
import { Office } from '../e2e/office.ts';
import { until } from '../e2e/until.ts';
import { pingsIn } from '../servers/slack/blocks.ts';
import type { Kept } from '../servers/slack/workspace.ts';

let office: Office;
let dev: Dev;
beforeAll(async () => {
  office = await Office.open();
  const talks = { slack: Office.channel, access: '{ deploy: [team] }' };
  dev = await Dev.start(
    [
      { name: 'queues', watch: '1h', onNewer: 'queue' },
      { name: 'gives', watch: '1h', onNewer: 'supersede' },
      { name: 'talks', watch: '1h', onNewer: 'queue', ...talks },
    ],
    office.environment,
  );
  dev.files.access(`apiVersion: sluice/v1
people:
  ana: { slack: U0ANA0001 }
  bo: { slack: U0BO00001 }
groups:
  team: [ana, bo]
`);
  for (const name of ['queues', 'gives', 'talks'])
    for (const version of ['1.1.0', '1.2.0', '1.3.0']) dev.files.release(name, version);
}, 90_000);
afterAll(async () => {
  await dev.stop();
  await office.close();
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

test('what waits has its message in Slack: whoever asked is called when it waits no longer, and what starts goes on in it', async () => {
  office.server.mayPing.add('@U0ANA0001');
  const service = dev.service('talks');
  await service.under(100, async () => {
    const { rolloutId: first } = await service.deploy('1.1.0');
    await dev.api.reaches(first, 'watching', isWatching);
    const person = (id: string, name: string) => office.person(dev.home, id, name);
    /** The message of that version, once its words say that state. */
    const says = (version: string, state: string): Promise<Kept> =>
      until(
        `the message of ${version} says ${state}`,
        () =>
          office.roots('talks').find(({ text }) => text.includes(version) && text.includes(`: ${state}.`)),
        { seen: office.seen },
      );

    expect((await person('U0ANA0001', 'ana').type('/deploy', 'talks 1.2.0')).text).toMatch(/^\*It waits\*/);
    await says('1.2.0', 'queued');
    expect((await person('U0BO00001', 'bo').type('/deploy', 'talks 1.3.0')).text).toMatch(/^\*It waits\*/);
    const waits = await says('1.3.0', 'queued');
    expect(JSON.stringify(waits.blocks)).toContain('sluice-abort');
    const replaced = await says('1.2.0', 'superseded');
    const [told] = await office
      .thread(replaced, 'the thread says why', (lines) =>
        lines.some(({ text }) => text.includes('1.3.0 was asked for by bo')),
      )
      .then((lines) => lines.slice(-1));
    expect(pingsIn(told?.text ?? '')).toEqual(['@U0ANA0001']);

    await dev.api.say(first, 'promote');
    expect(await says('1.3.0', 'watching')).toMatchObject({ ts: waits.ts });
    expect(office.roots('talks')).toHaveLength(3);
    const [running] = await dev.api.rollouts('talks');
    await dev.api.say(running?.id ?? '', 'abort');
    await says('1.3.0', 'aborted');
  });
});
