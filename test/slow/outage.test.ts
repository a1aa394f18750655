import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Dev } from '../e2e/dev.ts';
import { oldVersion } from '../e2e/files.ts';
import { Office } from '../e2e/office.ts';
import { isTold, OnCall } from '../e2e/on-call.ts';
import { until } from '../e2e/until.ts';

const canary = '1.1.0';
const slack = Office.channel;
const { page } = OnCall;

/** What a call of either takes that is not answered, in ms: a rollout that waited for one would be late by it. */
const oneCallMs = 10_000;

let office: Office;
let onCall: OnCall;
let dev: Dev;
beforeAll(async () => {
  office = await Office.open();
  onCall = await OnCall.begin();
  dev = await Dev.start(
    [
      // Long watches on any machine: it is the breach that ends them.
      { name: 'heard', watch: '1h', slack, page },
      { name: 'unheard', watch: '1h', slack, page },
    ],
    { ...office.environment, ...onCall.environment },
  );
}, 90_000);
afterAll(async () => {
  await dev.stop();
  await office.close();
  await onCall.end();
}, 60_000);

/** A rollout that is watched, and breached after `before`, to its end: its id, and how long the traffic took. */
const fails = async (name: string, before: () => Promise<void>) => {
  const service = dev.service(name);
  service.release(canary);
  const { rolloutId } = await service.deploy(canary);
  await office.says(name, 'watching');
  await before();
  await service.fallsIll(canary, rolloutId, 'watching');
  const ended = await dev.api.ended(rolloutId);
  expect(ended).toMatchObject({ state: 'rolled-back', recovered: true });
  expect((await service.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
  return { rolloutId, trafficBackMs: ended.trafficBackMs ?? Number.NaN };
};

/** Both are tried again, whatever they do to those who try. */
const tried = async (): Promise<void> => {
  const [slackHad, pagerHad] = [office.server.reached, onCall.server.requests.length];
  await until(
    'both are tried again',
    () => office.server.reached > slackHad && onCall.server.requests.length > pagerHad,
    { withinMs: 180_000, seen: office.seen },
  );
};

test('Slack and PagerDuty away while a rollout fails: the traffic is back as soon as ever, and afterwards all is told once', async () => {
  let control = Number.NaN;
  await dev.service('heard').under(300, async () => {
    const { rolloutId, trafficBackMs } = await fails('heard', async () => undefined);
    control = trafficBackMs;
    await onCall.resolved(rolloutId);
  });

  await dev.service('unheard').under(300, async () => {
    const comeBack: (() => Promise<void>)[] = [];
    // Refused connections, from before the breach until everything about the rollout is over.
    const { rolloutId, trafficBackMs } = await fails('unheard', async () => {
      comeBack.push(await office.server.away(), await onCall.server.away());
    });
    expect(trafficBackMs).toBeLessThan(control + oneCallMs);
    expect(onCall.alerts(rolloutId)).toEqual([]);
    // Nothing was told of it, and it is over: no step of it waits to be told.
    const before = (await dev.api.events(rolloutId)).map(({ body }) => body.type);
    expect(before).toContain('closed');
    expect(before).not.toContain('page-sent');

    // They come back badly: without an answer, with errors, with too much to do.
    office.server.weather = { is: 'hang' };
    onCall.server.fault({ do: 'hang' });
    for (const back of comeBack) await back();
    await tried();
    office.server.weather = { is: 'away' };
    onCall.server.fault({ do: 'status', status: 503 });
    await tried();
    office.server.weather = { is: 'busy', seconds: 1 };
    onCall.server.fault({ do: 'status', status: 429, retryAfter: '1' });
    await tried();
    const late = await dev.api.reaches(rolloutId, 'late', ({ pages }) => pages[0]?.state === 'late');
    expect(late.pages[0]?.triggeredAt).toBeNull();
    expect(office.roots('unheard')[0]?.text).toContain(': watching.');

    office.server.weather = { is: 'up' };
    onCall.server.fault(null);
    await onCall.resolved(rolloutId);
    await dev.api.reaches(rolloutId, 'told', isTold);
    expect(onCall.alerts(rolloutId).map(({ triggers }) => triggers.length)).toEqual([1]);

    const message = await office.says('unheard', 'rolled back');
    expect(office.roots('unheard')).toHaveLength(1);
    const lines = await office.thread(message, 'the thread has come to its end', (all) =>
      all.some(({ text }) => text.includes('the alert is resolved')),
    );
    const words = lines.map(({ text }) => /\*([^*]+)\*/.exec(text)?.[1] ?? '');
    const rollout = ['breach', 'way back', 'traffic', 'verified', 'rolled back'];
    expect(words.filter((word) => rollout.includes(word))).toEqual(rollout);
    const paging = ['page late', 'paged', 'page'];
    expect(words.filter((word) => paging.includes(word))).toEqual(paging);
    const ids = lines.map(({ metadata }) => JSON.stringify(metadata));
    expect(new Set(ids).size).toBe(ids.length);
    onCall.server.check();
  });
});
