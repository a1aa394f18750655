import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sluice } from '../e2e/cli.ts';
import { Dev } from '../e2e/dev.ts';
import { oldVersion } from '../e2e/files.ts';
import { pingsIn } from '../servers/slack/blocks.ts';
import type { Kept } from '../servers/slack/workspace.ts';
import { answered, Office } from '../e2e/office.ts';
import { isTold, OnCall } from '../e2e/on-call.ts';
import { until } from '../e2e/until.ts';

const version = '2.1.0';

let office: Office;
let onCall: OnCall;
let dev: Dev;
beforeAll(async () => {
  office = await Office.open();
  office.server.mayPing.add('@U0BO00001');
  onCall = await OnCall.begin();
  dev = await Dev.start(
    [
      {
        name: 'shop',
        // Long enough for any machine: it is the breach that ends the watch.
        watch: '1h',
        slack: Office.channel,
        page: OnCall.page,
        approval: '{ by: [release-managers], expires: 1h }',
        access: '{ deploy: [team-shop] }',
      },
    ],
    { ...office.environment, ...onCall.environment },
  );
  dev.files.access(`apiVersion: sluice/v1
people:
  ana: { slack: U0ANA0001 }
  bo: { slack: U0BO00001 }
groups:
  team-shop: [ana]
  release-managers: [ana, bo]
`);
}, 90_000);
afterAll(async () => {
  await dev.stop();
  await office.close();
  await onCall.end();
}, 60_000);

/** What the message shows. */
const shown = ({ blocks }: Kept): string => JSON.stringify(blocks);

/** The line of the message that tells what the gate has just read, once there is one. */
const numbers = (): Promise<string> =>
  until(
    'the message shows numbers',
    () => /errors [^"]* as of [^"]*/.exec(office.roots('shop').map(shown).join())?.[0],
    { seen: office.seen },
  );

/** In the thread and in the record alike; the page has its own pace beside the rollout. */
const rolloutStory = [
  ...['requested', 'planned', 'asks', 'approve', 'watch', 'breach', 'way back', 'traffic', 'verified'],
  'rolled back',
];
const pageStory = ['paged', 'on call', 'page'];

/** The word of each line, and only those that are asked for. */
const words = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => /\*+([^*]+)\*+/.exec(line)?.[1] ?? '');
const of = (story: readonly string[]) => (word: string) => story.includes(word);

test('the day before: the set-up of docs/slack.md ends with a doctor who is content, and with /deploy help', async () => {
  const { out } = await sluice(dev.home, ['doctor', '--json']);
  const checks = z
    .object({ checks: z.array(z.object({ name: z.string(), ok: z.boolean(), says: z.string() })) })
    .parse(JSON.parse(out)).checks;
  const ofSlack = checks.filter(({ name }) => name.startsWith('Slack'));
  expect(ofSlack.map(({ name, ok }) => [name, ok])).toEqual([
    ['Slack', true],
    ['Slack’s commands and buttons', true],
    ['Slack of shop (production)', true],
  ]);
  const ana = office.person(dev.home, 'U0ANA0001', 'ana');
  const help = await answered(await ana.type('/deploy', 'help'), '*What you may say*');
  expect(help).toContain('• shop (production): deploy');
});

test('a day: asked for in Slack, approved by somebody else, watched, breached, taken back, paged, answered, told', async () => {
  const shop = dev.service('shop');
  const ana = office.person(dev.home, 'U0ANA0001', 'ana');
  const bo = office.person(dev.home, 'U0BO00001', 'bo');
  await shop.under(300, async () => {
    shop.release(version);

    // Ana wants 2.1.0 in production, and says so where everybody is.
    const asked = await ana.type('/deploy', `shop ${version} to production reason “faster checkout”`);
    expect(await answered(asked, '*Begun')).toContain(`shop ${oldVersion} → ${version} in production`);

    // Nothing has run: the message asks for an approval.
    const message = await office.says('shop', 'awaiting approval');
    expect(shown(message)).toContain('0 of 1 approval by release-managers');
    expect(await shop.versions()).toEqual([oldVersion]);
    const [{ id } = { id: '' }] = await dev.api.rollouts('shop');

    // She is a release manager herself, but it is her own rollout: only she is told that she may not, and why.
    const own = await ana.send(ana.click(message.blocks, 'sluice-approve'));
    expect(await answered(own, '*Not done.*')).toContain('ana asked for it');
    expect(own.replies().map(({ ephemeral }) => ephemeral)).toEqual([true]);
    expect((await dev.api.rollout(id)).state).toBe('awaiting-approval');
    expect(await shop.versions()).toEqual([oldVersion]);

    // Bo approves, and it begins.
    const approval = await bo.send(bo.click(message.blocks, 'sluice-approve'));
    expect(await answered(approval, '*Done*')).toContain(`approve of shop ${version} in production`);

    // Half of the traffic, and the message keeps telling what the gate reads.
    await office.says('shop', 'watching');
    const first = await numbers();
    expect(first).toContain(`on ${version}`);
    expect(first).toContain(`on ${oldVersion}`);
    await until('the numbers are fresh', async () => (await numbers()) !== first, { seen: office.seen });

    // Whoever is on call takes a moment: PagerDuty has no resolve before Téa has taken it on.
    let taken = (): void => undefined;
    const takenOn = new Promise<void>((resolve) => (taken = resolve));
    onCall.server.before = (event) => (event.includes('"resolve"') ? takenOn : Promise.resolve());

    // The new version's processes begin to die, whenever one is back.
    await shop.fallsIll(version, id, 'watching');
    const alert = await onCall.alert(id);
    await dev.api.reaches(id, 'paged', ({ pages }) => pages[0]?.state === 'open');
    expect(await onCall.acknowledge(dev.home, alert, 'a-delivery')).toEqual([202, { rollouts: [id] }]);
    taken();
    await onCall.resolved(id);
    const view = await dev.api.reaches(id, 'told', isTold);

    // The old version has everything again.
    expect(view).toMatchObject({
      state: 'rolled-back',
      ...{ actor: { id: 'ana', via: 'slack' }, recovered: true, cause: { by: 'breach' } },
    });
    expect((await shop.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
    expect(await shop.versions()).toEqual([oldVersion]);

    // One message, one thread, one incident.
    const end = await office.says('shop', 'rolled back');
    expect(office.roots('shop')).toEqual([end]);
    expect(shown(end)).toContain('traffic back after');
    const lines = await office.thread(end, 'the thread tells the end of the page', (all) =>
      all.some(({ text }) => text.includes('the alert is resolved')),
    );
    const inThread = words(lines.map(({ text }) => text));
    expect(inThread.filter(of(rolloutStory))).toEqual(rolloutStory);
    expect(inThread.filter(of(pageStory))).toEqual(pageStory);
    // Who was asked and may answer was called, and nobody else by anything: not ana, who asked for it herself.
    const called = lines.filter(({ text }) => pingsIn(text).length > 0);
    expect(called.map(({ text }) => [words([text])[0], pingsIn(text)])).toEqual([['asks', ['@U0BO00001']]]);
    expect(onCall.alerts(id)).toHaveLength(1);
    expect(alert.triggers.map(({ payload }) => payload.severity)).toEqual(['error']);
    // From the page to the thread, where people talk.
    expect(alert.triggers[0]?.links?.map(({ href }) => href).join(' ')).toContain(
      `/p${end.ts.replace('.', '')}`,
    );
    onCall.server.check();

    // What is written afterwards tells the same day.
    const { out, exit } = await sluice(dev.home, ['incident', id]);
    expect(exit).toBe(0);
    expect(out).toContain(`# shop ${oldVersion} → ${version} in production`);
    expect(out).toContain('asked for by ana');
    expect(out).toContain('by Téa Engineer');
    const times = out.split('\n').filter((line) => line.startsWith('| from '));
    expect(times).toHaveLength(4);
    for (const line of times) expect(line).toMatch(/ \d[\d.]* (?:ms|s|min)\b/);
    const timeline = out.split('\n').filter((line) => line.startsWith('- 20'));
    expect(words(timeline).filter(of(rolloutStory))).toEqual(rolloutStory);
    expect(words(timeline).filter(of(pageStory))).toEqual(pageStory);
  });
});
