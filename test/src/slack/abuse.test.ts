import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { renderMessage } from '../../../src/slack/render/message.ts';
import { tell } from '../../../src/slack/story.ts';
import { until } from '../../e2e/until.ts';
import type { Person } from '../../servers/slack/person.ts';
import { signingSecret } from '../../servers/slack/person.ts';
import { botToken } from '../../servers/slack/server.ts';
import { Story } from '../api/story.ts';
import type { Desk } from './desk.ts';
import type { House } from './house.ts';
import { openHouse } from './house.ts';

let house: House;
let desk: Desk;
beforeAll(async () => {
  house = await openHouse();
  desk = house.desk;
});
afterAll(async () => {
  // Whatever was tried, no log holds what it was tried with.
  for (const secret of [signingSecret, botToken, 'xyzzy'])
    expect(desk.world.log.join('')).not.toContain(secret);
  await house.close();
});
beforeEach(() => house.reset());

const logged = (word: string): readonly string[] => desk.world.log.filter((line) => line.includes(word));

const typed = () => desk.ana.command('/deploy', 'shop 2.1.0 reason xyzzy');

/** A rollout that is being watched, as its message stands. */
const watched = async (): Promise<readonly unknown[]> => {
  const story = new Story('2.2.0', { id: uuidv7() }).planned().stepsUpTo(4).watching(4);
  await desk.world.tell(story);
  const { model, asOf } = await tell(desk.world.ledger, story.id, []);
  return renderMessage(model, { now: Date.now(), publicUrl: null, buttons: true, asOf }).blocks;
};

/** The form, as it is open to somebody. */
const opened = async (person: Person) => {
  await person.type('/deploy', '');
  const view = desk.slack.workspace.views.all.at(-1);
  if (view === undefined) throw new Error('no view is open');
  return view;
};

test.each([
  ['another secret', { secret: 'guessed' }],
  ['six minutes old', { off: -360 }],
  ['six minutes from the future', { off: 360 }],
  ['a time that is no number', { headers: { 'x-slack-request-timestamp': 'now' } }],
  ['no signature', { headers: { 'x-slack-signature': '' } }],
  ['a signature of another version', { headers: { 'x-slack-signature': `v1=${'0'.repeat(64)}` } }],
])('%s: 401, and nothing is started', async (_, forged) => {
  const before = logged('was refused').length;
  const sent = await desk.ana.send(typed(), forged);
  expect(sent.status).toBe(401);
  expect(desk.calls).toEqual([]);
  expect(logged('was refused')).toHaveLength(before + 1);
});

test.each([-290, 290])('%i seconds off is still now', async (off) => {
  expect((await desk.ana.send(typed(), { off })).status).toBe(200);
  expect(desk.calls).toHaveLength(1);
});

test('bytes that were changed after they were signed are refused', async () => {
  const { body, url } = typed();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const good = await desk.ana.send({ body, url });
  expect(good.status).toBe(200);
  const answer = await fetch(desk.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${'ab'.repeat(32)}`,
    },
    body: body.replace('2.1.0', '6.6.6'),
  });
  expect(answer.status).toBe(401);
  expect(desk.calls).toHaveLength(1);
});

test('a copy of what was signed changes nothing twice: at once it has the same answer, later it is refused', async () => {
  const bo = desk.person({ id: 'U0BO00001', email: 'bo@example.com' });
  const form = bo.submit(await opened(bo), { service: 'shop', version: '2.1.0' });
  for (const request of [
    bo.command('/deploy', 'shop 2.1.0 reason xyzzy'),
    bo.command('/deploy', 'shop 2.1.0 override window because xyzzy'),
    bo.command('/deploy', 'lock shop xyzzy'),
    bo.command('/deploy', 'unlock shop xyzzy'),
    bo.command('/rollback', 'shop'),
    bo.click(await watched(), 'sluice-hold'),
    form,
  ]) {
    desk.calls.length = 0;
    const [first, again] = [await bo.send(request), await bo.send(request)];
    if (request.url !== '' && first.text === '')
      await until('both are answered', () => first.replies().length === 2);
    expect(again.ack).toEqual(first.ack);
    expect(new Set(first.replies().map(({ text }) => text)).size).toBeLessThan(2);
    expect((await bo.send(request, { off: -301 })).status).toBe(401);
    expect(desk.calls).toHaveLength(1);
  }
});

const strangers = [
  ['a bot', { id: 'U0BOT0001', is_bot: true }, 'Bots start nothing'],
  ['a guest', { id: 'U0GUEST01', is_restricted: true }, 'Guests'],
  ['a guest of one channel', { id: 'U0GUEST02', is_ultra_restricted: true }, 'Guests'],
  ['a deactivated user', { id: 'U0GONE001', deleted: true }, 'deactivated'],
  ['somebody of another workspace', { id: 'U0OTHER01', team: 'T0OTHERS1' }, 'another workspace'],
  ['a stranger in a shared channel', { id: 'U0OTHER02', is_stranger: true }, 'another workspace'],
] as const;

test.each(strangers)('%s may say nothing, and is told why; it is noted', async (_, user, why) => {
  const person = desk.person(user);
  const form = await opened(desk.ana);
  const open = desk.slack.workspace.views.all.length;
  for (const [command, text] of [
    ['/deploy', 'shop 2.1.0'],
    ['/rollback', 'shop'],
    ['/deploy', 'lock shop xyzzy'],
    ['/deploy', 'unlock shop xyzzy'],
    ['/deploy', 'help'],
    ['/deploy', ''],
  ] as const) {
    const sent = await person.type(command, text);
    expect([sent.status, sent.ack['response_type']]).toEqual([200, 'ephemeral']);
    expect(sent.text).toContain(`*Not done.* `);
    expect(sent.text).toContain(why);
  }
  expect(desk.slack.workspace.views.all).toHaveLength(open);
  // A copy of somebody else's form, and a button that is there for everybody.
  const submitted = await person.send(person.submit(form, { service: 'shop', version: '2.1.0' }));
  expect(JSON.stringify(submitted.ack)).toContain(why);
  const clicked = await person.send(person.click(await watched(), 'sluice-abort'));
  expect((await until('the answer has come', () => clicked.replies()[0])).text).toContain(why);
  expect(desk.calls).toEqual([]);
  expect(logged('turned away').filter((line) => line.includes(user.id)).length).toBeGreaterThan(5);
});

test('a burst of clicks asks Slack once who it is; deactivated, half a minute later they may nothing', async () => {
  const bo = desk.person({ id: 'U0BOBOBO9' });
  const looks = () => desk.slack.calls.filter(({ method }) => method === 'users.info').length;
  const before = looks();
  await Promise.all(
    [1, 2, 3].map(async () => {
      expect((await bo.type('/deploy', 'help')).text).not.toContain('Not done');
    }),
  );
  expect(looks() - before).toBe(1);
  desk.person({ id: 'U0BOBOBO9', deleted: true });
  desk.slack.clock = () => Date.now() + 31_000;
  try {
    expect((await bo.type('/deploy', 'help')).text).toContain('deactivated');
  } finally {
    desk.slack.clock = Date.now;
  }
});

test('a request about another workspace, or of a person of one, is refused', async () => {
  const elsewhere = await desk.ana.send(desk.ana.command('/deploy', 'shop 2.1.0', { team_id: 'T0OTHERS1' }));
  expect(elsewhere.text).toContain('another workspace');
  const click = await desk.ana.send(
    desk.ana.click(await watched(), 'sluice-abort', { user: { id: 'U0ANA0001', team_id: 'T0OTHERS1' } }),
  );
  const reply = await until('the answer has come', () => click.replies()[0]);
  expect(reply.text).toContain('another workspace');
  expect(desk.calls).toEqual([]);
});

test('nobody is a person that Slack does not know', async () => {
  const sent = await desk.ana.send(desk.ana.command('/deploy', 'shop 2.1.0', { user_id: 'U0NOBODY1' }));
  expect(sent.text).toContain('Nobody in this workspace');
  expect(desk.calls).toEqual([]);
});

const payload = (value: unknown): string =>
  new URLSearchParams({ payload: typeof value === 'string' ? value : JSON.stringify(value) }).toString();

test.each([
  ['no form at all', 'xyzzy'],
  ['a payload that is no JSON', payload('{"xyzzy":')],
  ['a payload without a type', payload({ user: 1 })],
  ['a kind that nobody listens to', payload({ type: 'shortcut', callback_id: 'x' })],
  ['nothing', ''],
])('%s: refused at once, nothing is started', async (_, body) => {
  const sent = await desk.ana.send({ body, url: '' });
  expect(sent.status).toBe(400);
  expect(desk.calls).toEqual([]);
});

test('more than a request of Slack can hold is refused before it is read', async () => {
  const sent = await desk.ana.send({ body: `text=${'x'.repeat(1024 * 1024)}`, url: '' });
  expect(sent.status).toBe(413);
});

test.each([
  [
    'a field twice',
    'command=%2Fdeploy&text=shop&text=2.1.0&user_id=U0ANA0001&team_id=T0SLUICE1&trigger_id=1.2',
  ],
  ['no trigger', 'command=%2Fdeploy&text=shop+2.1.0&user_id=U0ANA0001&team_id=T0SLUICE1'],
  ['a strange user', 'command=%2Fdeploy&text=shop+2.1.0&user_id=..%2Fana&team_id=T0SLUICE1&trigger_id=1.2'],
  [
    'too much text',
    `command=%2Fdeploy&text=${'x'.repeat(5000)}&user_id=U0ANA0001&team_id=T0SLUICE1&trigger_id=1.2`,
  ],
])('a command with %s is told to be none', async (_, body) => {
  const sent = await desk.ana.send({ body, url: '' });
  expect(sent.text).toContain('This is no request of Slack');
  expect(desk.calls).toEqual([]);
});

test('a button whose value is made up, and one of another app, do nothing', async () => {
  const blocks = (action_id: string, value: string) => [
    { type: 'actions', elements: [{ type: 'button', action_id, value }] },
  ];
  for (const [action, value] of [
    ['sluice-promote', '../../etc/passwd'],
    ['sluice-promote', 'x'.repeat(1500)],
    ['sluice-typed-0', '/drill run'],
    ['sluice-nothing', ''],
  ] as const) {
    const sent = await desk.ana.send(desk.ana.click(blocks(action, value), action));
    const reply = await until('the answer has come', () => sent.replies()[0]);
    expect(reply.text).toContain('*Not done.*');
  }
  expect(desk.calls).toEqual([]);
});

const evil = '<!channel> <@U0ANA0001> &lt;!here&gt; `x` *b*';

test('what people wrote pings nobody, wherever it comes back', async () => {
  for (const text of [
    ...[`${evil} 2.1.0`, `shop ${evil}`, `status ${evil}`, 'history <!channel>', 'why <!here>'],
    ...[`shop 2.1.0 override ${evil}`, `shop 2.1.0 to ${evil}`, `lock ${evil}`, `lock shop in ${evil}`],
  ])
    expect((await desk.ana.type('/deploy', text)).text).not.toMatch(/<[!@]/);
  // The stand-in refuses any text that would ping; `close` throws what it found.
  expect(desk.slack.violations).toEqual([]);
});

test('a hostile name, reason of a lock and reason of an override are shown to the letter', async () => {
  const mallory = desk.person({ id: 'U0BO00001', name: 'Bo <!channel>', email: 'bo@example.com' });
  const cy = desk.person({ id: 'U0CY00001', name: 'Cy <!here>', email: 'cy@example.com' });
  const said = 'channel @U0ANA0001 &amp;lt;!here&amp;gt;';
  const locked = await mallory.type('/deploy', 'lock shop <!channel> <@U0ANA0001> &amp;lt;!here&amp;gt;');
  expect(locked.text).toContain(`Why: ${said}`);
  expect((await cy.type('/deploy', 'unlock shop <!channel>')).text).toContain('Cy &lt;!here&gt; may not');
  await mallory.type('/deploy', 'shop 2.1.0 override gate because <!everyone> <!subteam^S1|on-call>');
  expect(desk.calls.at(-1)).toMatchObject({
    call: 'deploy',
    with: { overrides: [{ check: 'gate', reason: 'everyone on-call' }] },
  });
  // As it comes from elsewhere, where nobody takes it apart first.
  await desk.world.ledger.lock({
    ...{ service: 'shop', environment: 'production', reason: evil, until: null },
    ...{ at: new Date().toISOString(), actor: { id: 'slack:U0CY00001', via: 'slack', groups: [] } },
  });
  const left = await mallory.type('/deploy', 'unlock shop done');
  expect(left.text).toContain(
    'by Cy &lt;!here&gt;: &lt;!channel&gt; &lt;@U0ANA0001&gt; &amp;lt;!here&amp;gt;',
  );
  expect(left.text).not.toMatch(/<[!@](?!date)/);
  expect(desk.slack.violations).toEqual([]);
});
