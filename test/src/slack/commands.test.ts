import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { SluiceError } from '../../../runbooks/errors.ts';
import { renderMessage } from '../../../src/slack/render/message.ts';
import { tell } from '../../../src/slack/story.ts';
import { until } from '../../e2e/until.ts';
import { buttonsIn } from '../../servers/slack/person.ts';
import { Story } from '../api/story.ts';
import type { Desk } from './desk.ts';
import { accepted, openDesk, said } from './desk.ts';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());
beforeEach(() => desk.reset());

const watching = async (): Promise<Story> => {
  const story = new Story('2.2.0', { id: uuidv7() }).planned().stepsUpTo(4).watching(4);
  await desk.world.tell(story);
  return story;
};

const ana = { id: 'slack:U0ANA0001', via: 'slack', groups: ['slack'] };

test('/deploy is one call with who, what and a key, and is answered to its author alone', async () => {
  const sent = await desk.ana.type('/deploy', '“shop” 2.1.0 to production reason faster checkout');
  expect(sent.status).toBe(200);
  expect(desk.calls).toEqual([
    {
      call: 'deploy',
      with: {
        ...{ service: 'shop', version: '2.1.0', environment: 'production', reason: 'faster checkout' },
        ...{ actor: ana, key: expect.stringMatching(/^slack-[0-9a-f]{40}$/) as unknown },
      },
    },
  ]);
  expect(sent.ack['response_type']).toBe('ephemeral');
  expect(sent.text).toMatch(
    /^\*Begun\*: shop 2\.0\.4 → 2\.1\.0 in production\. `\/deploy status 0193589c-2d10`/,
  );
  expect(sent.replies()).toEqual([]);
});

test('the same request again is answered the same and asks for nothing; another one has another key', async () => {
  const request = desk.ana.command('/deploy', 'shop 2.1.0');
  const first = await desk.ana.send(request);
  const retry = { headers: { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' } };
  expect((await desk.ana.send(request, retry)).text).toBe(first.text);
  expect(desk.calls).toHaveLength(1);
  await desk.ana.type('/deploy', 'shop 2.1.0');
  const [one, other] = desk.calls.map(({ with: { key } }) => key);
  expect(other).not.toBe(one);
});

test('what was refused stays refused for the same bytes; what nobody could answer is asked again under its key', async () => {
  const keys: unknown[] = [];
  const codes = ['ROLLOUT_LOCKED', 'TEMPORAL_UNAVAILABLE'] as const;
  for (const code of codes) {
    desk.world.script.rollback = async ({ key }) => {
      keys.push(key);
      throw new SluiceError({ code, message: 'Not now.' });
    };
    const request = desk.ana.command('/rollback', 'shop');
    for (let i = 0; i < 2; i += 1) expect((await desk.ana.send(request)).text).toBe('*Not done.* Not now.');
  }
  const [locked, ...unanswered] = keys;
  expect([unanswered.length, new Set(unanswered).size, unanswered.includes(locked)]).toEqual([2, 1, false]);
});

test('/rollback names what it goes back to', async () => {
  await desk.ana.type('/rollback', 'shop production to 2.0.3 reason it burns');
  expect(desk.calls).toMatchObject([
    {
      call: 'rollback',
      with: { service: 'shop', environment: 'production', to: '2.0.3', reason: 'it burns', actor: ana },
    },
  ]);
});

test('what is refused says what, why and what next, and what people wrote pings nobody', async () => {
  desk.world.script.deploy = async () => {
    throw new SluiceError({
      code: 'ROLLOUT_LOCKED',
      message: 'A rollout of <!channel> runs & <@U0ANA0001> asked for it.',
      hint: 'Wait for it.',
    });
  };
  const { text } = await desk.ana.type('/deploy', 'shop 2.1.1 reason <!everyone>');
  expect(text).toBe(
    '*Not done.* A rollout of &lt;!channel&gt; runs &amp; &lt;@U0ANA0001&gt; asked for it. Wait for it.',
  );
});

test('a slip is answered with what was probably meant, and its button says that', async () => {
  desk.world.script.deploy = async (given) => {
    desk.calls.push({ call: 'deploy', with: { ...given } });
    if (given.service !== 'till')
      throw new SluiceError({ code: 'SERVICE_UNKNOWN', message: 'There is none.' });
    if (given.environment === null)
      throw new SluiceError({ code: 'ENVIRONMENT_UNKNOWN', message: 'Which one?' });
    return accepted;
  };
  const slip = await desk.ana.type('/deploy', 'tll 2.1.0');
  expect(slip.text).toContain('Did you mean till?');
  const first = await desk.ana.send(
    desk.ana.click(slip.ack['blocks'] as readonly unknown[], 'sluice-typed-0'),
  );
  const asked = await until('the answer has come', () => first.replies()[0]);
  // Production is not guessed: both are offered.
  expect(asked.text).toContain('till has several environments');
  expect(buttonsIn(asked.blocks).map(({ value }) => value)).toEqual([
    '/deploy till 2.1.0 to staging',
    '/deploy till 2.1.0 to production',
  ]);
  const second = await desk.ana.send(desk.ana.click(asked.blocks, 'sluice-typed-0'));
  await until('the answer has come', () => second.replies()[0]);
  expect(desk.calls.at(-1)?.with).toMatchObject({ service: 'till', environment: 'staging' });
  expect((await desk.ana.type('/deploy', 'shop')).text).toContain('The version of shop is missing.');
});

test('plan, status, history, why and help look, and change nothing', async () => {
  const story = await watching();
  expect((await desk.ana.type('/deploy', 'plan shop 2.1.0')).text).toMatch(
    /^\*Plan a{8}\*: shop 2\.0\.4 → 2\.1\.0/,
  );
  expect((await desk.ana.type('/deploy', 'status')).text).toContain('*watching*');
  const status = await desk.ana.type('/deploy', `status ${story.id}`);
  expect(buttonsIn(status.ack['blocks'] as readonly unknown[])).toEqual([]);
  expect(status.text).toContain('shop 2.0.4 to 2.2.0 in production: watching');
  expect((await desk.ana.type('/deploy', 'history shop')).text).toContain('shop 2.0.4 → 2.2.0');
  expect((await desk.ana.type('/deploy', 'history shpo')).text).toContain('shpo');
  expect((await desk.ana.type('/deploy', `why ${story.id}`)).text).toContain('no verdict yet');
  const help = await desk.ana.type('/deploy', 'help');
  expect(help.text).toContain('• till (staging, production): ');
  expect(desk.calls.map(({ call }) => call)).toEqual(['plan']);
});

test('a button says its command to its rollout, and who clicked hears of it', async () => {
  const story = await watching();
  const blocks = await desk.messageOf(story.id);
  const sent = await desk.ana.send(desk.ana.click(blocks, 'sluice-hold'));
  expect([sent.status, sent.text]).toEqual([200, '']);
  const reply = await until('the answer has come', () => sent.replies()[0]);
  expect(reply).toMatchObject({
    ephemeral: true,
    text: '*Done*: hold of shop 2.2.0 in production; it is held.',
  });
  expect(desk.calls).toMatchObject([{ call: 'say', with: { id: story.id, command: 'hold', actor: ana } }]);
});

test('a click on a message that was overtaken changes nothing and says what has happened; going back always goes', async () => {
  const story = await watching();
  const blocks = await desk.messageOf(story.id);
  story.after(5).state('held', 3600, 'the way back');
  await desk.world.tell(story);
  const late = await desk.ana.send(desk.ana.click(blocks, 'sluice-promote'));
  const told = await until('the answer has come', () => late.replies()[0]);
  expect(told.text).toContain('It is held now');
  expect(desk.calls).toEqual([]);
  const back = await desk.ana.send(desk.ana.click(blocks, 'sluice-abort'));
  await until('the answer has come', () => back.replies()[0]);
  expect(desk.calls).toMatchObject([{ call: 'say', with: { command: 'abort' } }]);
});

test('an approval is of the plan that its message showed, and of no other', async () => {
  const story = new Story('2.2.0', { id: uuidv7() }).planned().state('awaiting-approval', 3600, 'the deploy');
  await desk.world.tell(story);
  const blocks = await desk.messageOf(story.id);
  const given = await desk.ana.send(desk.ana.click(blocks, 'sluice-approve'));
  await until('the answer has come', () => given.replies()[0]);
  const hash = '9f3c1a2b'.padEnd(64, '0');
  expect(desk.calls).toMatchObject([{ call: 'say', with: { command: 'approve', plan: hash } }]);

  story.planned('7'.repeat(64)).state('awaiting-approval', 3600, 'the deploy');
  await desk.world.tell(story);
  const late = await desk.ana.send(desk.ana.click(blocks, 'sluice-approve'));
  const told = await until('the answer has come', () => late.replies()[0]);
  expect(told.text).toContain('*Not done.* approve');
  expect(desk.calls).toHaveLength(1);
});

test('Slack is down: deploys wait, going back is taken on the signature', async () => {
  // Who she is was not asked in the last half minute.
  const cy = desk.person({ id: 'U0CYCY001' });
  desk.slack.weather = { is: 'cut' };
  const deploy = await cy.type('/deploy', 'shop 2.1.0');
  expect(deploy.text).toContain('Slack could not say who you are');
  const back = await cy.type('/rollback', 'shop');
  expect(back.text).toContain('Begun');
  desk.slack.weather = { is: 'up' };
  expect(desk.calls.map(({ call }) => call)).toEqual(['rollback']);
});

test('a bare /deploy opens a form; what is wrong is said beside its field, and it deploys', async () => {
  desk.world.script.deploy = async (given) => {
    desk.calls.push({ call: 'deploy', with: { ...given } });
    if (given.version === 'latest')
      throw new SluiceError({ code: 'VERSION_MUTABLE', message: 'It moves.', hint: 'Name one.' });
    return accepted;
  };
  const opened = await desk.ana.type('/deploy', '');
  expect([opened.status, opened.ack]).toEqual([200, {}]);
  const view = desk.slack.workspace.views.all.at(-1);
  if (view === undefined) throw new Error('no view is open');
  const wrong = await desk.ana.send(desk.ana.submit(view, { service: 'shop', version: 'latest' }));
  expect(wrong.ack).toEqual({ response_action: 'errors', errors: { version: 'It moves. Name one.' } });
  const right = await desk.ana.send(
    desk.ana.submit(view, { service: 'till', version: '2.1.0', environment: 'staging', reason: 'why not' }),
  );
  expect(right.ack['response_action']).toBe('update');
  expect(JSON.stringify(right.ack['view'])).toContain('*Begun*');
  expect(desk.calls.at(-1)?.with).toMatchObject({
    ...{ service: 'till', version: '2.1.0', environment: 'staging', reason: 'why not', actor: ana },
  });
});

test('a page that is open is acknowledged by its button, once, by whoever clicked; one that is not, is not', async () => {
  const story = new Story('2.2.0', { id: uuidv7() }).planned().stepsUpTo(4).state('rollback-failed');
  const incident = `sluice/production/shop/${story.id}`;
  const sent = { type: 'page-sent', incident, severity: null, summary: 'shop', waitedMs: 1 } as const;
  await desk.world.tell(story.note({ ...sent, action: 'trigger', severity: 'critical' }));
  desk.world.script.acknowledge = async (given) => {
    desk.calls.push({ call: 'acknowledge', with: { ...given } });
    return true;
  };
  const { model, asOf } = await tell(desk.world.ledger, story.id, []);
  const frame = { now: Date.now(), publicUrl: null, buttons: true, asOf };
  const { blocks } = renderMessage(model, frame);
  const request = desk.ana.click(blocks, 'sluice-acknowledge');
  const first = await desk.ana.send(request);
  await until('the answer', () => first.replies()[0]?.text.startsWith('*Done*: PagerDuty is told'));
  await desk.ana.send(request);
  expect(desk.calls).toEqual([{ call: 'acknowledge', with: { id: story.id, actor: ana } }]);

  await desk.world.tell(story.note({ ...sent, action: 'acknowledge' }));
  const late = await desk.ana.send(desk.ana.click(blocks, 'sluice-acknowledge'));
  await until('why not', () => late.replies()[0]?.text.endsWith('is acknowledged already.'));
  const now = (await tell(desk.world.ledger, story.id, [])).model;
  expect(JSON.stringify(renderMessage(now, frame))).not.toContain('sluice-acknowledge');
  expect(desk.calls).toHaveLength(1);
});

test('who has closed the form before its answer came gets it from the app, alone', async () => {
  const slow = await openDesk({ ackMs: 50 });
  try {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    slow.world.script.deploy = async () => {
      await promise;
      return accepted;
    };
    await slow.ana.type('/deploy', '');
    // Its ack does not wait for the form either.
    const view = await until('the form is open', () => slow.slack.workspace.views.all.at(-1));
    const sent = await slow.ana.send(slow.ana.submit(view, { service: 'shop', version: '2.1.0' }));
    expect(JSON.stringify(sent.ack)).toContain('*Not confirmed yet.*');
    slow.slack.workspace.views.close(view);
    resolve(undefined);
    const told = await until('the outcome', () => slow.slack.workspace.direct.at(-1));
    expect(told).toMatchObject({ user: 'U0ANA0001', text: expect.stringMatching(/^\*Begun\*: shop/) });
    expect(slow.slack.workspace.direct).toHaveLength(1);
  } finally {
    await slow.close();
  }
});

test('what takes longer than Slack waits is "not confirmed yet", and told when it is', async () => {
  const slow = await openDesk({ ackMs: 50 });
  try {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    let asked = 0;
    slow.world.script.say = async ({ id }) => {
      asked += 1;
      if (asked === 1) {
        await promise;
        return { outcome: 'not-confirmed', rolloutId: id, key: 'k' };
      }
      return said(id);
    };
    const story = new Story('2.2.0', { id: uuidv7() }).planned().stepsUpTo(4).watching(4);
    await slow.world.tell(story);
    const { model, asOf } = await tell(slow.world.ledger, story.id, []);
    const { blocks } = renderMessage(model, { now: Date.now(), publicUrl: null, buttons: true, asOf });
    const sent = await slow.ana.send(slow.ana.click(blocks, 'sluice-hold'));
    await until('the first answer', () => sent.replies()[0]?.text.startsWith('*Not confirmed yet.*'));
    resolve(undefined);
    const last = await until('the outcome', () => sent.replies()[1]);
    expect(last.text).toBe('*Done*: hold of shop 2.2.0 in production; it is held.');
    expect([asked, sent.replies().length]).toEqual([2, 2]);
  } finally {
    await slow.close();
  }
});
