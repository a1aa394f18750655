import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { editEveryMs, makeAnnounce, makeFollow } from '../../activities/announce.ts';
import { accessFileSchema } from '../../runbooks/access-file.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { openLedger } from '../../src/store/open.ts';
import type { AnnounceInput, MessageRef } from '../../workflows/telling.ts';
import { layLedger } from '../servers/ledger-template.ts';
import { pingsIn } from '../servers/slack/blocks.ts';
import { botToken, SlackServer } from '../servers/slack/server.ts';
import { channelId } from '../servers/slack/workspace.ts';
import { samplesOf, Story, toWrite } from '../src/api/story.ts';

let folder: string;
let ledger: Ledger;
let server: SlackServer;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-announce-'));
  ledger = await openLedger(await layLedger(folder));
});
afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  server = new SlackServer();
  url = await server.start();
});
afterEach(() => server.stop());

const warned: string[] = [];
const log = pino({ level: 'warn' }, { write: (line: string) => void warned.push(line) });
const people = accessFileSchema.parse({
  apiVersion: 'sluice/v1',
  people: {
    ...{ bo: { slack: 'U0BO00001' }, cy: { email: 'cy@example.com' }, di: { slack: 'U0DI00001' } },
    operator: { slack: 'U0OP00001' },
  },
  groups: { managers: ['bo', 'cy', 'di', 'operator'], others: ['di'], 'team-shop': ['di'] },
});

const deps = (token: string | null = 'env:TOKEN') => ({
  ledger,
  log,
  access: { look: async () => ({ file: people, broken: null }) },
  clock: Date.now,
  slack: {
    ...{ url, botToken: token, signingSecret: null, appToken: null },
    ...{ publicUrl: null, buttons: true, env: { TOKEN: botToken } },
  },
});

/** What `deliver` does: the news of a story since the last time, and what the last call returned. */
class Delivery {
  readonly #story: Story;
  #told = 0;
  #revision = 0;
  message: MessageRef | null = null;

  constructor(story: Story) {
    this.#story = story;
  }

  input(): AnnounceInput {
    const news = toWrite(this.#story.events.slice(this.#told));
    return {
      ...{ rolloutId: this.#story.id, place: { service: 'shop', environment: 'production' } },
      ...{ slack: { channel: channelId }, revision: (this.#revision += 1), news, state: null },
      ...{ message: this.message, last: false },
    };
  }

  /** Told until it is delivered, as Temporal does it. */
  async tell(written = true): Promise<number> {
    if (written) await ledger.append(toWrite(this.#story.events.slice(this.#told)));
    const input = this.input();
    for (let attempt = 1; ; attempt += 1) {
      try {
        ({ message: this.message } = await makeAnnounce(deps())(input));
        this.#told = this.#story.events.length;
        return attempt;
      } catch (error) {
        if (!(error instanceof SluiceError) || error.code !== 'SLACK_UNAVAILABLE' || attempt > 50)
          throw error;
        server.weather = { is: 'up' };
      }
    }
  }
}

const newStory = (): Story => new Story('2.2.0', { id: uuidv7() });
const lines = () => server.workspace.messages.filter(({ thread }) => thread !== null).map(({ text }) => text);
const words = () => lines().map((text) => /\*([^*]+)\*/.exec(text)?.[1]);

test('one message per rollout is edited, and its thread has a line per event, in order', async () => {
  const story = newStory().planned().stepsUpTo(4);
  const delivery = new Delivery(story);
  await delivery.tell();
  const [root] = server.workspace.roots;
  expect(delivery.message).toMatchObject({ channel: channelId, ts: root?.ts });
  expect(delivery.message?.permalink).toContain(root?.ts.replace('.', ''));
  expect(words()).toEqual(['requested', 'planned', 'done', 'done', 'done', 'done']);

  story.watching(4);
  await delivery.tell();
  // The ledger lags behind: what is new comes with the call.
  story.after(12).state('inconclusive', 1800, 'the way back');
  await delivery.tell(false);
  expect(server.workspace.roots).toHaveLength(1);
  expect(root?.text).toContain('inconclusive');
  expect(root?.edits).toBe(2);
  expect(words().slice(6)).toEqual(['watch', 'waits']);
  const broadcast = server.workspace.messages.filter((message) => message.broadcast);
  expect(broadcast.map(({ text }) => text)).toEqual([expect.stringContaining('waits')]);

  // The same again, as after a worker's death: nothing is said twice.
  await makeAnnounce(deps())({ ...delivery.input(), message: null });
  expect(server.workspace.roots).toHaveLength(1);
  expect(words()).toHaveLength(8);
});

test('who is asked to approve and has not is called by name, and who owns what nobody could be paged about; nobody else, whatever people write', async () => {
  for (const id of ['@U0BO00001', '@U0DI00001', '@U0OP00001']) server.mayPing.add(id);
  const hash = 'a'.repeat(64);
  const asked = { type: 'approval', hash, given: [], until: null, sentence: 'by <@U0CY00001>' } as const;
  const planned = (self: boolean): Story => {
    const story = newStory();
    const approval = { by: ['managers'], count: 2, expiresMs: 3_600_000, self };
    return story.note({
      ...{ type: 'planned', hash, epoch: 1, warnings: [] },
      runbook: { ...story.runbook, approval, owners: ['team-shop'] },
    });
  };
  const pinged = () =>
    server.workspace.messages.map(({ text }) => pingsIn(text)).filter(({ length }) => length > 0);
  const story = planned(false)
    .note({ ...asked, is: 'asked' })
    .note({ ...asked, is: 'reminder', given: ['bo'] })
    .note({ ...asked, is: 'void' });
  await new Delivery(story).tell();
  expect(pinged()).toEqual([['@U0BO00001', '@U0DI00001'], ['@U0DI00001']]);
  // Where the file lets whoever asked approve it, too.
  await new Delivery(planned(true).note({ ...asked, is: 'asked' })).tell();
  expect(pinged().at(-1)).toEqual(['@U0BO00001', '@U0DI00001', '@U0OP00001']);

  const incident = 'sluice/production/shop/1';
  const problem = { code: 'PAGER_REFUSED', message: 'The key is unknown.' } as const;
  story.note({ type: 'page-failed', incident, action: 'trigger', problem });
  await new Delivery(story).tell();
  expect(pinged().at(-1)).toEqual(['@U0DI00001']);
});

test('whose deploy has waited is called when it waits no longer, unless it was they who ended that', async () => {
  server.mayPing.add('@U0OP00001');
  const waiting = () => newStory().note({ type: 'state', state: 'queued', until: null, next: null });
  const closed = { type: 'closed', state: 'superseded', sentence: 'A newer one waits.' } as const;
  const pings = () => server.workspace.messages.flatMap(({ text }) => pingsIn(text));
  await new Delivery(waiting().note(closed)).tell();
  expect(pings()).toEqual([]);
  await new Delivery(waiting().note(closed, { actor: null })).tell();
  expect(pings()).toEqual(['@U0OP00001']);
});

test('a message and a line whose answer got lost are found again, not posted twice', async () => {
  const story = newStory().planned();
  const delivery = new Delivery(story);
  let posts = 0;
  server.before = ({ method }) => {
    if (method !== 'chat.postMessage') return undefined;
    posts += 1;
    return posts === 1 || posts === 3 ? 'cut' : undefined;
  };
  expect(await delivery.tell()).toBe(3);
  expect(server.workspace.roots).toHaveLength(1);
  expect(words()).toEqual(['requested', 'planned']);
});

test('what happens while Slack is away, or busy, is told afterwards: the end first, the thread in order', async () => {
  const story = newStory().planned().stepsUpTo(4);
  const delivery = new Delivery(story);
  await delivery.tell();
  server.weather = { is: 'cut' };
  story.watching(4).after(14).goesBack('breach', 'errors 3.1 %').note({ type: 'traffic-back', afterMs: 412 });
  story.note({ type: 'closed', state: 'rolled-back', sentence: 'errors 3.1 %' });
  expect(await delivery.tell()).toBe(2);
  server.weather = { is: 'busy', seconds: 7 };
  await expect(makeAnnounce(deps())(delivery.input())).rejects.toMatchObject({
    code: 'SLACK_UNAVAILABLE',
    details: { retryAfterMs: 7000 },
  });
  server.weather = { is: 'up' };
  expect(server.workspace.roots[0]?.text).toContain('rolled back');
  expect(words().slice(6)).toEqual(['watch', 'way back', 'traffic', 'rolled back']);
});

test('a message that was deleted is posted again, and said so once', async () => {
  const story = newStory().planned();
  const delivery = new Delivery(story);
  await delivery.tell();
  server.workspace.remove(delivery.message?.ts ?? '');
  warned.length = 0;
  story.stepsUpTo(1);
  await delivery.tell();
  story.stepsUpTo(2, 1);
  await delivery.tell();
  expect(server.workspace.roots).toHaveLength(1);
  expect(delivery.message?.ts).toBe(server.workspace.roots[0]?.ts);
  expect(server.workspace.thread(delivery.message?.ts ?? '')).toHaveLength(2);
  expect(warned.filter((line) => line.includes('is gone'))).toHaveLength(1);
});

test('a channel without the app is refused once, and told everything when it is invited', async () => {
  const story = newStory().planned();
  const delivery = new Delivery(story);
  server.workspace.channels.set(channelId, { member: false, archived: false });
  await expect(delivery.tell()).rejects.toMatchObject({
    code: 'SLACK_REFUSED',
    hint: expect.stringContaining('/invite'),
  });
  expect(await makeAnnounce(deps())(delivery.input())).toEqual({ message: null });
  server.workspace.channels.set(channelId, { member: true, archived: false });
  await delivery.tell();
  expect(words()).toEqual(['requested', 'planned']);
});

test('no token: said, and not tried again', async () => {
  const delivery = new Delivery(newStory());
  await expect(makeAnnounce(deps(null))(delivery.input())).rejects.toMatchObject({
    code: 'SLACK_REFUSED',
    hint: expect.stringContaining('SLUICE_SLACK_BOT_TOKEN'),
  });
});

test('the numbers of a watch are kept fresh until it is over', async () => {
  const story = newStory().planned().stepsUpTo(4).watching(4);
  const delivery = new Delivery(story);
  await delivery.tell();
  for (const { t, sample } of samplesOf(12, { canary: 0.03, baseline: 0.003 }))
    await ledger.addSample(story.id, 0, t, sample);
  const environment = new MockActivityEnvironment();
  let edits = 0;
  const over = Promise.withResolvers<undefined>();
  server.before = ({ method }) => {
    if (method === 'chat.update' && (edits += 1) === 1) over.resolve(undefined);
    return undefined;
  };
  const following = environment.run(makeFollow({ ...deps(), editEveryMs: 50 }), delivery.input());
  await over.promise;
  const [root] = server.workspace.roots;
  expect(JSON.stringify(root?.blocks)).toContain('as of');
  await ledger.append(toWrite(story.after(14).goesBack('breach', 'errors 3 %').events.slice(-2)));
  await following;
  expect(editEveryMs).toBe(10_000);
});
