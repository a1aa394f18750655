import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { EventBody } from '../../../runbooks/events.ts';
import { threadLine } from '../../../src/slack/render/line.ts';
import { tell } from '../../../src/slack/story.ts';
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

type Contract = Extract<EventBody, { readonly type: 'contract' }>;
const contract = (is: Contract['is'], until: string | null = null): Contract => ({
  ...{ type: 'contract', is, migrations: ['0001-email'], until },
  sentence: '0001-email may be contracted: the point of no return.',
});

/** Promoted, and its old version gone: a person is asked. */
const asked = async (): Promise<Story> => {
  const story = new Story('2.2.0', { id: uuidv7() }).planned().stepsUpTo(4);
  story.note({ type: 'closed', state: 'succeeded', sentence: 'Promoted.' });
  await desk.world.tell(story.note(contract('asked', '2026-03-09T10:00:00.000Z')));
  return story;
};

const actions = async (id: string): Promise<readonly string[]> =>
  buttonsIn(await desk.messageOf(id)).map(({ action_id }) => action_id);

test('what the database would lose is said under the rollout that is over, with a button that approves it', async () => {
  const { id } = await asked();
  const shown = JSON.stringify(await desk.messageOf(id));
  expect(shown).toContain(
    '*contract*: 0001-email may be contracted: the point of no return. Unapproved it expires',
  );
  expect(shown).toContain('There is no way back from it: no release before 2.2.0 comes back.');
  expect(await actions(id)).toEqual(['sluice-rollback', 'sluice-contract']);

  const sent = await desk.ana.send(desk.ana.click(await desk.messageOf(id), 'sluice-contract'));
  await until('the answer', () =>
    sent.replies()[0]?.text.startsWith('*Done*: you approve the contract of shop in production'),
  );
  expect(desk.calls).toMatchObject([{ call: 'say', with: { id, command: 'approve' } }]);
});

test('the same click twice approves once; who may not is told why', async () => {
  const { id } = await asked();
  const click = desk.ana.click(await desk.messageOf(id), 'sluice-contract');
  const answers = await Promise.all([desk.ana.send(click), desk.ana.send(click)]);
  await until('both answers', () => answers[0].replies().length === 2);
  expect(new Set(answers[0].replies().map(({ text }) => text)).size).toBe(1);
  expect(new Set(desk.calls.map(({ with: { key } }) => key)).size).toBe(1);

  desk.world.script.say = async () => {
    throw new SluiceError({ code: 'NOT_AUTHORISED', message: 'ana asked for it and may not approve it.' });
  };
  const refused = await desk.ana.send(desk.ana.click(await desk.messageOf(id), 'sluice-contract'));
  await until(
    'why not',
    () => refused.replies()[0]?.text === '*Not done.* ana asked for it and may not approve it.',
  );
});

test.each(['done', 'failed', 'expired'] as const)('once it is %s nothing is asked any more', async (is) => {
  const story = await asked();
  const old = await desk.messageOf(story.id);
  await desk.world.tell(story.note(contract(is)));
  expect(await actions(story.id)).toEqual(['sluice-rollback']);
  desk.world.script.say = async ({ id }) => said(id);
  const late = await desk.ana.send(desk.ana.click(old, 'sluice-contract'));
  await until('why not', () => late.replies()[0]?.text.includes('waits for an approval any more'));
  expect(desk.calls).toEqual([]);
});

test('the channel hears of the question, of reminders, and of what came of it', async () => {
  const story = await asked();
  const { model } = await tell(desk.world.ledger, story.id, []);
  const loud = (['asked', 'reminder', 'done', 'failed', 'expired'] as const).filter((is) => {
    const [event] = new Story('2.2.0', { id: story.id }).note(contract(is)).events.slice(-1);
    return event !== undefined && threadLine(model, event)?.broadcast === true;
  });
  expect(loud).toEqual(['asked', 'reminder', 'done', 'failed']);
});
