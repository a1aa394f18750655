import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RolloutView } from '../../src/store/views.ts';
import { Dev } from '../e2e/dev.ts';
import { oldVersion } from '../e2e/files.ts';
import { answered, answers, Office } from '../e2e/office.ts';
import { until } from '../e2e/until.ts';
import type { Person, Sent } from '../servers/slack/person.ts';

const canary = '1.1.0';

let office: Office;
let dev: Dev;
beforeAll(async () => {
  office = await Office.open();
  // What is answered late here is answered after two seconds by design: a machine under load may take one more.
  office.server.ackWithinMs = 30_000;
  const access = '{ deploy: [shop], hold: [shop], rollback: [shop] }';
  const of = (name: string) => ({ name, watch: '1h', slack: Office.channel, access });
  dev = await Dev.start(['mute', 'dead', 'cut'].map(of), office.environment);
  dev.files.access(`apiVersion: sluice/v1
people:
  ana: { slack: U0ANA0001 }
  bo: { slack: U0BO00001 }
groups:
  shop: [ana]
`);
}, 90_000);
afterAll(async () => {
  await dev.stop();
  await office.close();
}, 60_000);

const person = (id: string, name: string): Person => office.person(dev.home, id, name);
const ana = (): Person => person('U0ANA0001', 'ana');
/** Of the workspace, and allowed nothing. */
const bo = (): Person => person('U0BO00001', 'bo');

const watching = async (name: string): Promise<string> => {
  const service = dev.service(name);
  service.release(canary);
  const { rolloutId } = await service.deploy(canary);
  await office.says(name, 'watching');
  await dev.api.reaches(rolloutId, 'watching', ({ state }) => state === 'watching');
  return rolloutId;
};

const said = ({ commands }: RolloutView) =>
  commands.map(({ command, actor, refusal }) => [command, actor?.id, refusal === null]);

/** How often the rollout turned round: what was said twice, or by two processes, turns it once. */
const waysBack = async (id: string): Promise<number> =>
  (await dev.api.events(id)).filter(({ body }) => body.type === 'way-back').length;

const outcomes = (sent: Sent): readonly string[] =>
  answers(sent).filter((text) => !text.startsWith('*Not confirmed yet'));

test('Temporal is dead: who takes back is told in time, and hears it done once Temporal is back, or refused', async () => {
  await dev.service('mute').under(100, async () => {
    const id = await watching('mute');
    const [message] = office.roots('mute');
    const asked = await dev.withoutTemporal(
      async () => {
        // He may not, and nobody can say so yet.
        const stranger = await bo().type('/rollback', 'mute');
        const typed = await ana().type('/rollback', 'mute reason “it is slow”');
        const clicked = await ana().send(ana().click(message?.blocks ?? [], 'sluice-abort'));
        expect(stranger.text).toMatch(/^\*Not confirmed yet/);
        await answered(clicked, '*Not confirmed yet');
        expect(typed.text).toMatch(/^\*Not confirmed yet/);
        expect((await dev.api.rollout(id)).commands).toEqual([]);
        process.stdout.write(
          `Temporal is dead, and the answer is there after ${String(typed.ms)} ms (command), ${String(clicked.ms)} ms (click)\n`,
        );
        return { stranger, typed, clicked };
      },
      { then: 'SIGKILL' },
    );
    // Why he may not, or that it is over: whichever of them Temporal heard first.
    const refused = await answered(asked.stranger, '*Not done.*');
    expect(refused).toMatch(
      /^\*Not done\.\* rollback of mute: .*(?:may rollback here|already going back|has ended)/,
    );
    const view = await dev.api.ended(id);
    expect(view).toMatchObject({ state: 'aborted', recovered: true });
    expect((await dev.service('mute').weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
    expect(await waysBack(id)).toBe(1);
    // One of the two that she said is done, whichever came first; and of the other one she hears what became of it.
    const both = await until(
      'she is told of both',
      () => {
        const told = [...outcomes(asked.typed), ...outcomes(asked.clicked)];
        return told.length >= 2 && told.sort();
      },
      { seen: () => JSON.stringify([answers(asked.typed), answers(asked.clicked)]) },
    );
    expect(both[0]).toMatch(/^\*Done\*: (?:abort|rollback) of mute 1\.1\.0/);
    expect(both[1]).toMatch(
      /^\*Not done\.\* (?:abort|rollback) of mute: .*(?:already going back|aborted|has ended)/,
    );
    for (const sent of Object.values(asked)) expect(outcomes(sent)).toHaveLength(1);
  });
});

test('the daemon is killed after it took a click that nobody could hear: the next one sees to it, and tells', async () => {
  await dev.service('dead').under(100, async () => {
    const id = await watching('dead');
    const [message] = office.roots('dead');
    const sent = await dev.withoutTemporal(async () => {
      const clicked = await ana().send(ana().click(message?.blocks ?? [], 'sluice-abort'));
      expect(clicked.status).toBe(200);
      await dev.kill();
      return clicked;
    });
    await dev.up();
    expect(await answered(sent, '*Done*')).toContain(`abort of dead ${canary}`);
    const view = await dev.api.ended(id);
    expect(view).toMatchObject({ state: 'aborted', recovered: true });
    expect(said(view)).toEqual([['abort', 'ana', true]]);
    expect(await waysBack(id)).toBe(1);
    expect(outcomes(sent)).toHaveLength(1);
  });
});

test('the daemon is killed after it did what a click said, and before it could tell: the next one tells, and does nothing', async () => {
  await dev.service('cut').under(100, async () => {
    const id = await watching('cut');
    const [message] = office.roots('cut');
    // Another process has not asked who she is in the last half minute.
    await dev.kill();
    await dev.up();
    const click = ana().click(message?.blocks ?? [], 'sluice-hold');
    const { server } = office;
    // From the moment that Slack has said who she is, it takes nothing any more.
    server.before = ({ method }) => {
      if (method === 'users.info') server.weather = { is: 'hang' };
      return undefined;
    };
    const sent = await ana().send(click);
    expect(sent.status).toBe(200);
    await dev.api.reaches(id, 'held', ({ state }) => state === 'held');
    await until('somebody tries to tell her', () =>
      server.swallowed.some((url) => url.startsWith('/actions/')),
    );
    await dev.kill();
    server.before = null;
    server.weather = { is: 'up' };
    expect(answers(sent)).toEqual([]);
    await dev.up();
    expect(await answered(sent, '*Done*')).toContain(`hold of cut ${canary}`);
    // Slack, or whoever has the bytes, sends it once more.
    await ana().send(click);
    await until('it is answered again', () => answers(sent).length === 2);
    const view = await dev.api.rollout(id);
    expect(said(view)).toEqual([['hold', 'ana', true]]);
    expect(new Set(outcomes(sent)).size).toBe(1);
    await dev.api.say(id, 'abort');
    await dev.api.ended(id);
  });
});
