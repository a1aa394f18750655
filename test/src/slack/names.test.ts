import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { LedgerEvent } from '../../../runbooks/events.ts';
import { nameReply } from '../../../src/slack/names.ts';
import { renderMessage } from '../../../src/slack/render/message.ts';
import { tell } from '../../../src/slack/story.ts';
import { judgeMessage } from '../../servers/slack/blocks.ts';
import { Story } from '../api/story.ts';
import type { World } from '../api/world.ts';
import { openWorld } from '../api/world.ts';

const cy = { id: 'slack:U0CY00001', via: 'slack', groups: [] } as const;
const hostile = 'Cy <!channel> <@U0ANA0001>\n*now*';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** A denied rollout: what the chain has of it, and what it has not got yet. */
const denied = async (): Promise<{ readonly id: string; readonly news: readonly LedgerEvent[] }> => {
  const story = new Story('2.2.0', { id: uuidv7() }).planned().state('awaiting-approval', 3600, 'it expires');
  await world.tell(story);
  const common = { rolloutId: story.id, at: new Date().toISOString() };
  const said = { type: 'command', command: 'deny', effect: 'deny', refusal: null } as const;
  const closed = {
    type: 'closed',
    state: 'denied',
    sentence: `Denied by ${cy.id}. Nothing has run.`,
  } as const;
  return {
    id: story.id,
    news: [
      { ...common, id: 'said', actor: cy, body: said, texts: { reason: `ask ${cy.id}` } },
      { ...common, id: 'closed', actor: null, body: closed, texts: {} },
    ],
  };
};

const shownOf = async (id: string, news: readonly LedgerEvent[]) => {
  const { model, lines } = await tell(world.ledger, id, news);
  const message = renderMessage(model, { now: Date.now(), publicUrl: null, buttons: true, asOf: null });
  for (const text of [message.text, ...lines.map((line) => line.text)])
    expect(judgeMessage(text, message.blocks)).toBeNull();
  return JSON.stringify([message, lines]);
};

test('sentences of the chain are told with names, also before the chain has them; who is forgotten has an id', async () => {
  await world.ledger.rememberActor(cy, hostile);
  const { id, news } = await denied();
  const named = 'Denied by Cy &lt;!channel&gt; &lt;@U0ANA0001&gt; *now*. Nothing has run.';
  const early = await shownOf(id, news);
  expect(early).toContain(named);
  expect(early).toContain('by Cy &lt;!channel&gt;');
  expect(early.replaceAll('ask slack:U0CY00001', '')).not.toContain(cy.id);
  await world.ledger.append(news);
  expect(await shownOf(id, [])).toContain(named);
  await world.ledger.eraseActor(cy.id);
  expect(await shownOf(id, [])).toContain(`Denied by ${cy.id}. Nothing has run.`);
});

test('an answer has names in its words, and none in what its buttons say', async () => {
  await world.ledger.rememberActor(cy, hostile);
  const text = `${cy.id} may not deploy`;
  const value = `/deploy shop 2.1.0 reason ${cy.id}`;
  const reply = await nameReply(world.ledger, {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'x' }, value }] },
    ],
  });
  const told = 'Cy &lt;!channel&gt; &lt;@U0ANA0001&gt; *now* may not deploy';
  expect(reply.text).toBe(told);
  expect(reply.blocks).toMatchObject([{ text: { text: told } }, { elements: [{ value }] }]);
  const plain = { text: 'nobody is named' };
  expect(await nameReply(world.ledger, plain)).toBe(plain);
});
