import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { Outcome } from '../../../src/slack/replies.ts';
import { once } from '../../../src/slack/once.ts';
import { heardClick, heardCommand, owedTo } from '../../../src/slack/owed.ts';
import type { Heard } from '../../../src/slack/owed.ts';
import { clickSchema, commandSchema, keyOf } from '../../../src/slack/payloads.ts';
import { until } from '../../e2e/until.ts';
import { channelId } from '../../servers/slack/workspace.ts';
import { Story } from '../api/story.ts';
import type { Desk } from './desk.ts';
import { openDesk, said } from './desk.ts';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());
beforeEach(() => {
  desk.reset();
  desk.slack.clock = Date.now;
});

type Sent = ReturnType<Desk['ana']['command']>;
const clicked = ({ body }: Sent): Heard =>
  heardClick(clickSchema.parse(JSON.parse(new URLSearchParams(body).get('payload') ?? '')));
const typed = ({ body }: Sent): Heard =>
  heardCommand(commandSchema.parse(Object.fromEntries(new URLSearchParams(body))));

/** As a process leaves it that took the request and was killed; `said`: after it had done it, before it told. */
const leave = async (heard: Heard, said: string | null = null): Promise<string> => {
  const key = keyOf(heard.asked.trigger);
  const { slack } = desk.world.ledger;
  await slack.claim(key, { ...owedTo(heard), leaseMs: said === null ? 0 : 60_000 });
  if (said !== null) {
    await slack.keepSaid(key, said);
    await slack.putOff(key, 0);
  }
  return key;
};

const replies = (sent: Sent) => desk.slack.replying.said(sent.url);
const told = (sent: Sent): Promise<string> => until('its author is told', () => replies(sent).at(-1)?.text);

const watching = async (): Promise<Story> => {
  const story = new Story('2.2.0', { id: uuidv7() }).planned().stepsUpTo(4).watching(4);
  await desk.world.tell(story);
  return story;
};
const shift = (ms: number): void => {
  desk.slack.clock = () => Date.now() + ms;
};
const minute = 60_000;

test('what a dead process took is done by the next one under its key, and its author hears of it once', async () => {
  const { id } = await watching();
  const hold = desk.ana.click(await desk.messageOf(id), 'sluice-hold');
  const key = await leave(clicked(hold));
  expect(await told(hold)).toBe('*Done*: hold of shop 2.2.0 in production; it is held.');
  expect(desk.calls).toMatchObject([{ call: 'say', with: { id, command: 'hold', key } }]);

  const deploy = desk.ana.command('/deploy', 'shop 2.1.0');
  await leave(typed(deploy));
  expect(await told(deploy)).toMatch(/^\*Begun\*: shop 2\.0\.4 → 2\.1\.0/);
  expect([replies(hold).length, replies(deploy).length]).toEqual([1, 1]);
  expect(desk.calls).toHaveLength(2);
});

test('what a dead process had done, and not told, is told and not done again', async () => {
  const hold = desk.ana.click(await desk.messageOf((await watching()).id), 'sluice-hold');
  await leave(clicked(hold), '*Done*: it was held.');
  expect(await told(hold)).toBe('*Done*: it was held.');
  expect(desk.calls).toEqual([]);
});

test('a click is not judged by its own effect: what the rollout heard of it counts', async () => {
  const story = await watching();
  const hold = desk.ana.click(await desk.messageOf(story.id), 'sluice-hold');
  // The workflow took it, and its process died before it knew.
  const key = keyOf(clicked(hold).asked.trigger);
  const actor = { id: 'slack:U0ANA0001', via: 'slack', groups: [] } as const;
  await desk.world.ledger.append([
    {
      ...{ rolloutId: story.id, id: 'rollout/heard', at: new Date().toISOString(), actor, texts: {} },
      body: { type: 'command', command: 'hold', effect: 'hold', refusal: null, key },
    },
  ]);
  story.state('held', 3600, 'the way back');
  await desk.world.tell(story);
  await leave(clicked(hold));
  expect(await told(hold)).toBe('*Done*: hold of shop 2.2.0 in production; it is held.');
  expect(desk.calls).toEqual([]);
});

test('what stands in the inbox is said from there alone, and its author hears what came of it', async () => {
  const story = await watching();
  const { ledger } = desk.world;
  const blocks = await desk.messageOf(story.id);
  const outcomes = [
    ['done', 'rolling-back', '*Done*: abort of shop 2.2.0 in production; it is rolling back.'],
    ['refused', 'only bo may', '*Not done.* abort of shop: only bo may'],
  ] as const;
  for (const [state, answer, says] of outcomes) {
    const abort = desk.ana.click(blocks, 'sluice-abort');
    const heard = clicked(abort);
    const id = keyOf(heard.asked.trigger);
    const actor = { id: 'slack:U0ANA0001', via: 'slack', groups: [] } as const;
    const at = new Date().toISOString();
    await ledger.putCommand({ id, rolloutId: story.id, command: 'abort', actor, reason: null, at });
    // However late: an hour of Temporal's absence is no reason to forget it.
    await leave(heard);
    await ledger.answerCommand(id, state, answer);
    expect(await told(abort)).toBe(says);
  }
  expect(desk.calls).toEqual([]);
});

test('what would surprise its author by now is not done any more, and they are told; going back is done however late', async () => {
  const blocks = await desk.messageOf((await watching()).id);
  const hold = desk.ana.click(blocks, 'sluice-hold');
  const abort = desk.ana.click(blocks, 'sluice-abort');
  shift(2 * minute);
  await leave(clicked(hold));
  expect(await told(hold)).toMatch(/^\*Still not confirmed\.\*/);
  expect(desk.calls).toEqual([]);
  await leave(clicked(abort));
  expect(await told(abort)).toMatch(/^\*Done\*: abort/);
  expect(desk.calls).toMatchObject([{ call: 'say', with: { command: 'abort' } }]);
});

test('whose answer comes later than Slack takes one at its own address is told in the channel, alone', async () => {
  const abort = desk.ana.click(await desk.messageOf((await watching()).id), 'sluice-abort');
  shift(40 * minute);
  await leave(clicked(abort));
  const { ephemeral } = desk.slack.workspace;
  const said = await until('she is told', () => ephemeral[0]);
  expect(said).toMatchObject({ user: 'U0ANA0001', channel: channelId });
  expect(said.text).toMatch(/^\*Done\*: abort/);
  expect(replies(abort)).toEqual([]);
});

test('Slack away: the answer waits for it', async () => {
  const hold = desk.ana.click(await desk.messageOf((await watching()).id), 'sluice-hold');
  desk.slack.weather = { is: 'away' };
  await leave(clicked(hold), '*Done*: it was held.');
  const before = desk.slack.reached;
  await until('it was tried', () => desk.slack.reached > before);
  desk.slack.weather = { is: 'up' };
  expect(await told(hold)).toBe('*Done*: it was held.');
});

test('what takes longer than its lease is not taken for a dead process’s, and is said once', async () => {
  const blocks = await desk.messageOf((await watching()).id);
  const slow = desk.ana.click(blocks, 'sluice-abort');
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  desk.world.script.say = async (given) => {
    desk.calls.push({ call: 'say', with: { ...given } });
    if (given.command === 'abort') await finished;
    return said(given.id);
  };
  const sending = desk.ana.send(slow);
  await until('it is being worked on', () => desk.calls[0]);
  // Due after the lease of an abort would have ended: whoever takes this one has looked for that one, too.
  const hold = desk.ana.click(blocks, 'sluice-hold');
  await desk.world.ledger.slack.claim(keyOf(clicked(hold).asked.trigger), {
    ...owedTo(clicked(hold)),
    leaseMs: owedTo(clicked(slow)).leaseMs + 2_000,
  });
  expect(await told(hold)).toMatch(/^\*Done\*: hold/);
  expect(desk.calls.map(({ with: { command } }) => command)).toEqual(['abort', 'hold']);
  finish();
  await sending;
  expect(await told(slow)).toMatch(/^\*Done\*: abort/);
  expect(desk.calls).toHaveLength(2);
});

test('a copy that comes while the first one is at work has its answer, and does not judge what that has just done', async () => {
  const heard = clicked(desk.ana.click(await desk.messageOf((await watching()).id), 'sluice-hold'));
  const actor = { id: 'slack:U0ANA0001', via: 'slack', groups: [] } as const;
  const who = { actor, key: keyOf(heard.asked.trigger) };
  const deps = { ledger: desk.world.ledger, log: pino({ level: 'silent' }) };
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const first = once(deps, who, owedTo(heard), () => promise);
  let judged = 0;
  const copy = once(deps, who, owedTo(heard), async () => {
    judged += 1;
    return { is: 'told', reply: { text: 'overtaken' } };
  });
  resolve({ is: 'told', reply: { text: 'held' } });
  for (const each of [first, copy]) expect(await each).toMatchObject({ reply: { text: 'held' } });
  expect(judged).toBe(0);
  await deps.ledger.slack.settle(who.key);
});
