import { spawn } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { Story } from '../api/story.ts';
import type { World } from '../api/world.ts';
import { listen, openWorld, token } from '../api/world.ts';
import { until } from './session.ts';

let world: World;
let env: Record<string, string>;
beforeAll(async () => {
  world = await openWorld();
  env = {
    SLUICE_URL: await listen(world.api()),
    SLUICE_TOKEN: token,
    TZ: 'UTC',
    PATH: process.env['PATH'] ?? '',
  };
});
afterAll(() => world.close());

const program = path.join(import.meta.dirname, 'program.ts');

/** The CLI as a process of its own. */
const launch = (...argv: readonly string[]) => {
  const child = spawn(process.execPath, [program, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const ended = new Promise<{ readonly exit: number | null; readonly signal: string | null }>(
    (resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exit, signal) => resolve({ exit, signal }));
    },
  );
  return { child, said, ended };
};

const running = async (service: string): Promise<Story> => {
  const story = new Story('2.2.0', { id: uuidv7(), service });
  await world.tell(story.planned().stepsUpTo(4).watching(4));
  return story;
};

describe('the program as a process', () => {
  test('Ctrl-C while looking on detaches, and the rollout goes on', async () => {
    const story = await running('signalled');
    const { child, said, ended } = launch('status', 'signalled', '--watch');
    await until(() => said.out.includes('watch 30 s'));
    child.kill('SIGINT');
    expect(await ended).toEqual({ exit: 0, signal: null });
    expect(said.err).toBe(`Detached; the rollout goes on: sluice status ${story.id.slice(0, 13)} --watch\n`);
    expect((await world.ledger.rollout(story.id))?.state).toBe('watching');
  });

  test('Ctrl-C while waiting is exit 8', async () => {
    const story = await running('waited-for');
    world.script.say = async () => ({
      outcome: 'done',
      rolloutId: story.id,
      effect: 'hold',
      state: 'held',
      started: null,
    });
    const { child, said, ended } = launch('hold', 'waited-for', '--wait');
    await until(() => said.out.includes('watch 30 s'));
    child.kill('SIGINT');
    expect(await ended).toEqual({ exit: 8, signal: null });
    expect(said.err).toContain('Detached');
  });

  test('a reader that has seen enough is no error', async () => {
    await running('piped');
    const { child, said, ended } = launch('status', 'piped', '--watch');
    await until(() => said.out.includes('watch 30 s'));
    child.stdout.destroy();
    const story = new Story('2.2.0', {
      id: (await world.ledger.rollouts({ service: 'piped', limit: 1 }))[0]?.id ?? '',
    });
    await world.ledger.append([
      {
        rolloutId: story.id,
        id: 'test/closed',
        at: new Date().toISOString(),
        actor: null,
        body: { type: 'closed', state: 'aborted', sentence: 'It was.' },
        texts: {},
      },
    ]);
    expect((await ended).signal).toBeNull();
    expect(said.err).toBe('');
  });

  test('errors go to standard error, and the exit code is the table’s', async () => {
    const { said, ended } = launch('why', 'nobody-knows-this');
    expect(await ended).toEqual({ exit: 1, signal: null });
    expect(said.out).toBe('');
    expect(said.err).toContain('NOT_FOUND');
  });
});
