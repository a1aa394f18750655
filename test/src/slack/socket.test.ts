import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { renderMessage } from '../../../src/slack/render/message.ts';
import { tell } from '../../../src/slack/story.ts';
import { until } from '../../e2e/until.ts';
import { Story } from '../api/story.ts';
import type { Desk } from './desk.ts';
import { openDesk } from './desk.ts';

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk({ by: 'socket' });
});
afterEach(() => desk.close());

const connected = (): Promise<unknown> => until('a socket is open', () => desk.slack.sockets.count === 1);

test('commands and forms come by the socket like over HTTP; a socket that Slack closes is opened again, also where Slack is away at first', async () => {
  await connected();
  const sent = await desk.ana.sendBySocket(desk.ana.command('/deploy', 'shop 2.1.0'));
  expect(sent.text).toContain('*Begun*: shop 2.0.4 → 2.1.0');

  desk.slack.weather = { is: 'away' };
  desk.slack.sockets.recycle();
  await until('the old socket is closed', () => desk.slack.sockets.count === 0);
  await until('the next one was tried', () =>
    desk.world.log.some((line) => line.includes('no socket to Slack')),
  );
  desk.slack.weather = { is: 'up' };
  await connected();
  const opened = await desk.ana.sendBySocket(desk.ana.command('/deploy', ''));
  expect(opened.ack).toEqual({});
  const view = desk.slack.workspace.views.all.at(-1);
  if (view === undefined) throw new Error('no view is open');
  const done = await desk.ana.sendBySocket(desk.ana.submit(view, { service: 'shop', version: '2.1.0' }));
  expect(JSON.stringify(done.ack['view'])).toContain('*Begun*');
  expect(desk.calls).toHaveLength(2);
  const stranger = desk.person({ id: 'U0OTHER01', team: 'T0OTHERS1' });
  const refused = await stranger.sendBySocket(stranger.command('/deploy', 'shop 2.1.0'));
  expect(refused.text).toContain('another workspace');
});

test('a click comes by the socket, too: once per id of Slack’s, and whoever clicked hears of it', async () => {
  await connected();
  const story = new Story('2.2.0', { id: uuidv7() }).planned().stepsUpTo(4).watching(4);
  await desk.world.tell(story);
  const { model, asOf } = await tell(desk.world.ledger, story.id, []);
  const { blocks } = renderMessage(model, { now: Date.now(), publicUrl: null, buttons: true, asOf });
  const request = desk.ana.click(blocks, 'sluice-hold');
  const [first] = await Promise.all([desk.ana.sendBySocket(request), desk.ana.sendBySocket(request)]);
  const says = '*Done*: hold of shop 2.2.0 in production; it is held.';
  await until('both copies are answered', () => first.replies().length === 2);
  expect(first.replies().map(({ text }) => text)).toEqual([says, says]);
  expect(new Set(desk.calls.map(({ with: { key } }) => key)).size).toBe(1);
});
