import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { until } from '../../e2e/until.ts';
import { buttonsIn } from '../../servers/slack/person.ts';
import { Story } from '../api/story.ts';
import type { Desk } from './desk.ts';
import { openDesk, said } from './desk.ts';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());
beforeEach(() => desk.reset());

const awaiting = async (): Promise<Story> => {
  const story = new Story('2.2.0', { id: uuidv7() }).planned().state('awaiting-approval');
  await desk.world.tell(story);
  return story;
};

/** Clicks, and gives the form that is open then. */
const formAfter = async (id: string, action: string) => {
  const { all } = desk.slack.workspace.views;
  const before = all.length;
  const click = desk.ana.click(await desk.messageOf(id), action);
  const sent = await desk.ana.send(click);
  const form = await until('the form is open', () => all[before]);
  return { click, sent, form };
};

const shown = ({ ack }: { readonly ack: Readonly<Record<string, unknown>> }): string => JSON.stringify(ack);

test('who denies is asked why first; the reason goes with the answer', async () => {
  const { id } = await awaiting();
  const { form, sent, click } = await formAfter(id, 'sluice-deny');
  expect(desk.calls).toEqual([]);
  expect(JSON.stringify(form.view)).toContain('2.2.0 will not be rolled out, 2.0.4 stays.');
  // The same click once more, as Slack sends it where it has not heard: the form is open, and nothing is wrong.
  await desk.ana.send(click);
  expect([desk.slack.workspace.views.all.at(-1), sent.replies()]).toEqual([form, []]);

  const blank = await desk.ana.send(desk.ana.submit(form, { reason: '   ' }));
  expect(blank.ack).toEqual({ response_action: 'errors', errors: { reason: 'Say why: it is recorded.' } });
  const done = await desk.ana.send(desk.ana.submit(form, { reason: 'not on a <!channel> Friday' }));
  expect(shown(done)).toContain('*Done*: deny of shop 2.2.0 in production');
  expect(desk.calls).toMatchObject([
    { call: 'say', with: { id, command: 'deny', reason: 'not on a <!channel> Friday' } },
  ]);
});

test('what happens while the form is open is not passed over', async () => {
  const story = await awaiting();
  const { form } = await formAfter(story.id, 'sluice-deny');
  await desk.world.tell(story.state('deploying'));
  const late = await desk.ana.send(desk.ana.submit(form, { reason: 'too late' }));
  expect(shown(late)).toContain(
    '*Not done.* deny of shop 2.2.0 in production: the message was a moment behind.',
  );
  // A message that shows what was is not even asked why.
  const old = await desk.messageOf((await awaiting()).id);
  const { all } = desk.slack.workspace.views;
  const open = all.length;
  const found = JSON.parse(
    JSON.stringify(old).replaceAll(/[0-9a-f-]{36}(?=\/awaiting)/g, story.id),
  ) as unknown[];
  const clicked = await desk.ana.send(desk.ana.click(found, 'sluice-deny'));
  await until('why not', () => clicked.replies()[0]?.text.startsWith('*Not done.*'));
  expect(all).toHaveLength(open);
});

test('who accepts what could not be told is asked why', async () => {
  const story = new Story('2.2.0', { id: uuidv7() }).planned().stepsUpTo(4).watching(4).state('inconclusive');
  await desk.world.tell(story);
  desk.world.script.say = async (given) => {
    desk.calls.push({ call: 'say', with: { ...given } });
    return said(given.id, 'ramping');
  };
  const { form } = await formAfter(story.id, 'sluice-accept');
  const done = await desk.ana.send(desk.ana.submit(form, { reason: 'the counters are new' }));
  expect(shown(done)).toContain('*Done*: accept of shop 2.2.0');
  expect(desk.calls).toMatchObject([{ with: { command: 'accept', reason: 'the counters are new' } }]);
});

const refusedBy = (details: Readonly<Record<string, string>>): Story =>
  new Story('2.2.0', { id: uuidv7() })
    .note({
      type: 'refused',
      problems: [{ code: 'WATCH_TOO_SHORT', message: 'The watch is too short.', details }],
    })
    .note({ type: 'closed', state: 'refused', sentence: 'The watch is too short.' });

test('what is no check has no button to pass over it', async () => {
  const story = refusedBy({});
  await desk.world.tell(story);
  const buttons = buttonsIn(await desk.messageOf(story.id)).map(({ action_id }) => action_id);
  expect(buttons).toEqual(['sluice-retry']);
});

test('who overrides a check is asked why', async () => {
  const story = refusedBy({ check: 'window' });
  await desk.world.tell(story);
  const { form } = await formAfter(story.id, 'sluice-override');
  expect(JSON.stringify(form.view)).toContain('begins over what stood against it.');
  expect(desk.calls).toEqual([]);
  await desk.ana.send(desk.ana.submit(form, { reason: 'the check is wrong' }));
  expect(desk.calls).toMatchObject([{ with: { command: 'override', reason: 'the check is wrong' } }]);
});

test('what a gate sent back is let out of quarantine by its button, with a reason, once', async () => {
  const story = new Story('2.2.0', { id: uuidv7() }).planned().stepsUpTo(4).watching(4);
  story.goesBack('breach', 'errors').note({ type: 'closed', state: 'rolled-back', sentence: 'Rolled back.' });
  await desk.world.tell(story);
  const lifted: unknown[] = [];
  desk.world.script.liftQuarantine = async (given) => {
    lifted.push(given);
    const [held] = await desk.world.ledger.quarantine(given.digest);
    if (held === undefined) throw new Error('It is not in quarantine.');
    const body = { type: 'quarantine-lifted', digest: given.digest } as const;
    await desk.world.tell(story.note(body));
    return held;
  };
  const { form } = await formAfter(story.id, 'sluice-lift');
  const done = await desk.ana.send(desk.ana.submit(form, { reason: 'a load balancer was at fault' }));
  expect(shown(done)).toContain('*Done*: shop 2.2.0 may be deployed again.');
  const again = await desk.ana.send(desk.ana.submit(form, { reason: 'a load balancer was at fault' }));
  expect(shown(again)).toContain('*Not done.* Its digest is in quarantine no more.');
  expect(lifted).toEqual([expect.objectContaining({ reason: 'a load balancer was at fault' })]);
  const buttons = buttonsIn(await desk.messageOf(story.id)).map(({ action_id }) => action_id);
  expect(buttons).toEqual(['sluice-retry']);
});

test('a form that is not ours, or whose contents were changed, does nothing', async () => {
  const { id } = await awaiting();
  const { form } = await formAfter(id, 'sluice-deny');
  const forged = (metadata: string) =>
    desk.ana.submit({ ...form, view: { ...form.view, private_metadata: metadata } }, { reason: 'because' });
  for (const metadata of ['', '{', '{"action":"sluice-deny"}', '{"action":"sluice-deny","value":"x"}', '[]'])
    expect(shown(await desk.ana.send(forged(metadata)))).toContain('*Not done.*');
  const other = JSON.stringify({ action: 'sluice-none', value: `${id}/awaiting-approval/-/-` });
  expect(shown(await desk.ana.send(forged(other)))).toContain('*Not done.*');
  expect(desk.calls).toEqual([]);
});
