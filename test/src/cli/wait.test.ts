import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { RolloutState } from '../../../runbooks/state.ts';
import { breach, Story } from '../api/story.ts';
import type { World } from '../api/world.ts';
import { listen, openWorld, token } from '../api/world.ts';
import { sluice, start, startOnTerminal, until } from './session.ts';

let world: World;
let env: Record<string, string>;
beforeAll(async () => {
  world = await openWorld();
  env = { SLUICE_URL: await listen(world.api()), SLUICE_TOKEN: token };
});
afterAll(() => world.close());

/** A story that a deploy starts: its first events stand once the deploy is answered. */
const deployable = (service: string): Story => {
  const story = new Story('2.2.0', { id: uuidv7(), service });
  world.script.deploy = async () => {
    await world.tell(story.planned());
    return {
      outcome: 'accepted',
      rolloutId: story.id,
      repeated: false,
      prepared: {
        ok: true,
        runbook: story.runbook,
        hash: '9f3c1a2b'.padEnd(64, '0'),
        epoch: 1,
        warnings: ['The last good release is 2.0.3.'],
        keep: null,
      },
    };
  };
  return story;
};

describe('deploy', () => {
  test('without --wait: accepted, what will happen, where to look; exit 0', async () => {
    const story = deployable('accepts');
    const { exit, out, err } = await sluice(env, 'deploy', 'accepts', '2.2.0');
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(out.replaceAll(story.id, 'ID').replaceAll(story.id.slice(0, 13), 'SHORT')).toBe(
      [
        '✓ accepted: accepts 2.0.4 → 2.2.0 in production',
        '  ID',
        '  11 steps · watched for 1 min 30 s · way back 2.0.4',
        '  ! The last good release is 2.0.3.',
        '  look on: sluice status SHORT --watch',
        '',
      ].join('\n'),
    );
  });

  test('--json: the one document', async () => {
    const story = deployable('json');
    const { out } = await sluice(env, 'deploy', 'json', '2.2.0', '--json');
    expect(JSON.parse(out)).toMatchObject({ outcome: 'accepted', rolloutId: story.id });
  });

  test.each<[RolloutState, number]>([
    ['succeeded', 0],
    ['refused', 2],
    ['rolled-back', 3],
    ['aborted', 5],
    ['rolled-back-by-hand', 5],
    ['denied', 6],
    ['expired', 7],
    ['superseded', 9],
  ])('--wait until it is %s: exit %i', async (state, code) => {
    const story = deployable(`ends-${state}`);
    const session = start(env, 'deploy', `ends-${state}`, '2.2.0', '--wait');
    await until(() => session.out().includes('planned'));
    await world.tell(story.stepsUpTo(2).note({ type: 'closed', state, sentence: 'This is how it ended.' }));
    const { exit, out, err } = await session.ended;
    expect({ exit, err }).toEqual({ exit: code, err: '' });
    const log = out.split('\n').filter((line) => /^\d{4}-/.test(line));
    expect(log.map((line) => line.slice(22).trimEnd())).toEqual([
      `requested    deploy of ends-${state} 2.2.0 in production`,
      'planned      11 steps, hash 9f3c1a2b, way back 2.0.4',
      'done         preflight checks',
      'done         deploy 2.2.0',
      `${state.replaceAll('-', ' ').padEnd(12)} This is how it ended.`,
    ]);
    expect(log[0]).toMatch(/^2025-03-04T14:02:11Z {2}/);
  });

  test('--wait and a way back that failed: exit 4 at once, though the rollout stays open', async () => {
    const story = deployable('stuck');
    const session = start(env, 'deploy', 'stuck', '2.2.0', '--wait');
    await until(() => session.out().includes('planned'));
    await world.tell(
      story
        .stepsUpTo(4)
        .goesBack('breach', breach.sentence)
        .note({
          type: 'way-back-failed',
          problem: { code: 'TARGET_UNAVAILABLE', message: 'It does not answer.' },
          byHand: ['do this'],
        })
        .state('rollback-failed', null, 'retry or take-over'),
    );
    const { exit, out } = await session.ended;
    expect(exit).toBe(4);
    expect(out).toContain('failed       the way back: It does not answer.');
    // Who only looks on sees it through.
    const looking = start(env, 'status', story.id, '--watch');
    await until(() => looking.out().includes('waits'));
    await world.tell(story.note({ type: 'closed', state: 'rolled-back-by-hand', sentence: 'Taken over.' }));
    expect((await looking.ended).exit).toBe(5);
  });

  test('--wait --json: one line per event', async () => {
    const story = deployable('lines');
    const session = start(env, 'deploy', 'lines', '2.2.0', '--wait', '--json');
    await until(() => session.out().includes('planned'));
    await world.tell(story.note({ type: 'closed', state: 'aborted', sentence: 'It was.' }));
    const { exit, out } = await session.ended;
    expect(exit).toBe(5);
    const lines = out.trimEnd().split('\n');
    const documents = lines.map((line) => JSON.parse(line) as { outcome?: string; body?: { type: string } });
    expect(documents[0]?.outcome).toBe('accepted');
    expect(documents.slice(1).map(({ body }) => body?.type)).toEqual(
      story.events.map(({ body }) => body.type),
    );
  });

  test('--timeout ends the waiting, not the rollout: exit 8', async () => {
    const story = deployable('slow');
    const { exit, err } = await sluice(env, 'deploy', 'slow', '2.2.0', '--wait', '--timeout', '300ms');
    expect(exit).toBe(8);
    expect(err).toBe(
      `The time to wait is over; the rollout goes on: sluice status ${story.id.slice(0, 13)} --watch\n`,
    );
    const wrong = await sluice(env, 'deploy', 'slow', '2.2.0', '--wait', '--timeout', 'soon');
    expect(wrong.exit).toBe(1);
    expect(wrong.err).toContain('--timeout is no duration: "soon"');
  });

  test('Ctrl-C detaches: 8 for who waited, 0 for who looked', async () => {
    const story = deployable('left');
    const waiting = start(env, 'deploy', 'left', '2.2.0', '--wait');
    await until(() => waiting.out().includes('planned'));
    waiting.interrupt();
    const waited = await waiting.ended;
    expect(waited.exit).toBe(8);
    expect(waited.err).toBe(
      `Detached; the rollout goes on: sluice status ${story.id.slice(0, 13)} --watch\n`,
    );
    const looking = start(env, 'status', 'left', '--watch');
    await until(() => looking.out().includes('planned'));
    looking.interrupt();
    expect((await looking.ended).exit).toBe(0);
    expect((await world.ledger.rollout(story.id))?.state).toBe('planning');
  });
});

describe('on a terminal', () => {
  const plain = { NO_COLOR: '1' };

  test('the picture is drawn in place, again only when there is something else to see', async () => {
    const story = deployable('drawn');
    const session = startOnTerminal({ ...env, ...plain }, 'deploy', 'drawn', '2.2.0', '--wait');
    await until(() => session.out().includes('○ preflight'));
    const drawn = () => session.out().split('drawn 2.0.4 → 2.2.0').length - 1;
    const before = drawn();
    // Nothing happens, and no clock runs: a second of it shows nothing new.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(drawn()).toBe(before);
    await world.tell(story.stepsUpTo(2));
    await until(() => session.out().includes('✓ deploy'));
    await world.tell(story.note({ type: 'closed', state: 'aborted', sentence: 'It was.' }));
    expect((await session.ended).exit).toBe(5);
    expect(drawn() - before).toBeLessThan(8);
    const last = session.out().slice(session.out().lastIndexOf('drawn 2.0.4'));
    expect(last).toContain('✗ ABORTED');
    expect(last).toContain('outcome   It was.');
    // Neither the acceptance nor a log stands above the picture.
    expect(session.out()).not.toContain('accepted');
    expect(session.out()).not.toMatch(/T14:02:11Z/);
  });

  test('Ctrl-C leaves the picture where it is', async () => {
    deployable('kept');
    const session = startOnTerminal({ ...env, ...plain }, 'deploy', 'kept', '2.2.0', '--wait');
    await until(() => session.out().includes('○ preflight'));
    session.interrupt();
    const { exit, out, err } = await session.ended;
    expect(exit).toBe(8);
    expect(err).toContain('Detached');
    // The cursor is shown again.
    expect(out.endsWith('\u001b[?25h') || !out.includes('\u001b[?25l')).toBe(true);
  });
});

describe('when the daemon goes away', () => {
  test('--wait says so, finds the next one, and misses nothing', async () => {
    const first = world.api();
    const url = await listen(first);
    const own = { ...env, SLUICE_URL: url };
    const story = deployable('survives');
    const session = start(own, 'deploy', 'survives', '2.2.0', '--wait');
    await until(() => session.out().includes('planned'));
    await first.close();
    await until(() => session.err().includes('away'));
    await world.tell(story.stepsUpTo(2));
    const second = world.api();
    await listen(second, Number(new URL(url).port));
    await until(() => session.out().includes('deploy 2.2.0'));
    await world.tell(story.note({ type: 'closed', state: 'succeeded', sentence: 'It has all traffic.' }));
    const { exit, out, err } = await session.ended;
    expect(exit).toBe(0);
    expect(err).toBe(
      'The daemon is away; the rollout goes on without it. Trying again…\nThe daemon is back.\n',
    );
    const log = out.split('\n').filter((line) => /^\d{4}-/.test(line));
    expect(log.map((line) => line.slice(22).split(/ {2,}/)[0])).toEqual([
      'requested',
      'planned',
      'done',
      'done',
      'succeeded',
    ]);
  });
});
