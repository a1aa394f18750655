import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Person } from '../servers/slack/person.ts';
import { sluice } from './cli.ts';
import { Dev } from './dev.ts';
import { oldVersion } from './files.ts';
import { answered, Office } from './office.ts';

const canary = '1.1.0';

const slack = Office.channel;

let office: Office;
let dev: Dev;
beforeAll(async () => {
  office = await Office.open();
  dev = await Dev.start(
    [
      { name: 'shown', steps: [100], watch: '2s', slack },
      {
        name: 'steered',
        watch: '1h',
        slack,
        access: '{ deploy: [shop], hold: [shop], rollback: [shop] }',
      },
      {
        name: 'guarded',
        watch: '1h',
        slack,
        access: '{ deploy: [shop], hold: [shop], rollback: [shop], override: [shop] }',
      },
    ],
    office.environment,
  );
  dev.files.access(`apiVersion: sluice/v1
people:
  ana: { slack: U0ANA0001 }
  bo: { email: bo@example.com }
groups:
  shop: [ana, bo]
`);
}, 90_000);
afterAll(async () => {
  await dev.stop();
  await office.close();
}, 60_000);

test('a rollout that somebody starts elsewhere has one message, and it ends as the rollout did', async () => {
  const service = dev.service('shown');
  await service.under(300, async () => {
    service.release(canary);
    const { rolloutId } = await service.deploy(canary);
    expect((await service.ends(rolloutId)).state).toBe('succeeded');
    const message = await office.says('shown', 'succeeded');
    expect(message.text).toContain(`shown ${oldVersion} to ${canary} in production`);
    expect(JSON.stringify(message.blocks)).toContain(`sluice status ${rolloutId.slice(0, 8)}`);
    const thread = await office.thread(
      message,
      'the thread has come to its end',
      (lines) => lines.at(-1)?.text.includes('*succeeded*') === true,
    );
    expect(thread.at(-1)?.broadcast).toBe(true);
    expect(office.roots('shown')).toHaveLength(1);
  });
});

const person = (id: string, name: string): Person => office.person(dev.home, id, name);
/** The same to both stories, in whatever order: who somebody is counts for half a minute. */
const anaOf = (): Person => person('U0ANA0001', 'Ana <!here>');

test('/deploy, the message with its buttons, hold, abort: each acts once, and the message tells it', async () => {
  const service = dev.service('steered');
  const ana = anaOf();
  const bo = person('U0BO00001', 'bo');
  await service.under(300, async () => {
    service.release(canary);
    const command = ana.command('/deploy', `steered ${canary} to production reason “faster”`);
    const begun = await ana.send(command);
    const outcome = await answered(begun, '*Begun');
    expect(outcome).toContain(`steered ${oldVersion} → ${canary} in production`);
    // Slack sends it again, or somebody else the same bytes: the rollout that there is.
    const again = await ana.send(command);
    await answered(again, '*Begun');
    expect(await dev.api.rollouts('steered')).toHaveLength(1);

    const watching = await office.says('steered', 'watching');
    expect(JSON.stringify(watching.blocks)).toContain('deploy by Ana &lt;!here&gt;');
    const hold = await bo.send(bo.click(watching.blocks, 'sluice-hold'));
    expect(await answered(hold, '*Done*')).toContain('hold of steered');
    const held = await office.says('steered', 'held');
    // Who may not is told so, and it stands in the rollout's story.
    const refused = await bo.send(bo.click(held.blocks, 'sluice-resume'));
    expect(await answered(refused, '*Not done.*')).toContain('only the operator may resume here');

    const back = ana.click(held.blocks, 'sluice-rollback');
    // At once twice, and once more afterwards: Slack's retries, or somebody's copy of the bytes.
    await Promise.all([ana.send(back), ana.send(back)]);
    const ended = await office.says('steered', 'aborted');
    const late = await ana.send(back);
    await answered(late, '*Done*: rollback');
    expect(ended.blocks.length).toBeGreaterThan(3);
    const [view] = await dev.api.rollouts('steered');
    expect(view).toMatchObject({
      state: 'aborted',
      version: canary,
      actor: { id: 'ana', via: 'slack' },
    });
    const said = view?.commands.map(({ command, refusal, actor }) => [command, refusal === null, actor?.id]);
    expect(said).toEqual([
      ['hold', true, 'bo'],
      ['resume', false, 'bo'],
      ['rollback', true, 'ana'],
    ]);
    expect((await service.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
    expect(office.roots('steered')).toHaveLength(1);
  });
});

test('a lock and a freeze: who may takes the one away and overrides the other, and it is kept as from a terminal', async () => {
  const service = dev.service('guarded');
  const ana = anaOf();
  const bo = person('U0BO00001', 'bo');
  const cy = person('U0CY00001', 'Cy <!channel>');
  const says = async (who: Person, text: string, beginning: string, command = '/deploy') =>
    answered(await who.send(who.command(command, text)), beginning);
  await service.under(300, async () => {
    service.release(canary);
    expect(await says(cy, 'lock guarded stocktaking', '*Not done.*')).toContain(
      'Cy &lt;!channel&gt; may not lock or unlock guarded: only shop or the operator may hold here.',
    );
    await says(ana, 'lock guarded production stocktaking', '*Locked*: guarded in production, until somebody');
    expect(await says(bo, `guarded ${canary}`, '*Not done.*')).toMatch(
      /guarded in production is locked by ana: stocktaking .*\/deploy unlock guarded --env production/,
    );
    const unlock = ['unlock', 'guarded', '--env', 'production', '--reason', 'over'];
    expect(await sluice(dev.home, unlock)).toMatchObject({ exit: 0 });
    expect(await says(bo, 'unlock guarded production over', '*Not done.*')).toContain('is not locked');

    const file = path.join(dev.files.services, 'guarded.yml');
    const before = readFileSync(file, 'utf8');
    const frozen = 'freeze: { windows: [{ cron: "* * * * *", for: 1h, reason: the sale }] }';
    writeFileSync(file, before.replace('    target:', `    ${frozen}\n    target:`));
    expect(await says(ana, `guarded ${canary}`, '*Not done.*')).toContain('override window because …');
    const passing = `guarded ${canary} override window because payments are down`;
    expect(await says(cy, passing, '*Not done.*')).toContain('may not deploy guarded in production');
    await says(ana, passing, '*Begun');

    const [view] = await dev.api.rollouts('guarded');
    if (view === undefined) throw new Error('nothing was started');
    await dev.api.reaches(view.id, 'watching', ({ state }) => state === 'watching');
    expect(view.actor).toMatchObject({ id: 'ana', via: 'slack', name: 'Ana <!here>' });
    const events = await dev.api.events(view.id);
    expect(events.find(({ body }) => body.type === 'requested')?.texts).toEqual({
      'override.window': 'payments are down',
    });
    const plans = events.flatMap(({ body }) => (body.type === 'planned' ? [body] : []));
    expect(plans).toMatchObject([{ runbook: { overrides: ['window'] } }]);
    const message = await office.says('guarded', 'watching');
    expect(JSON.stringify(message.blocks)).toContain('deploy by Ana &lt;!here&gt;');
    await says(ana, 'guarded', '*Done*: rollback', '/rollback');
    expect((await dev.api.ended(view.id)).state).toBe('aborted');
  });
});
