import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { SluiceError } from '../../../runbooks/errors.ts';
import { commands } from '../../../runbooks/state.ts';
import type { CommandRequest, SaidAnswer } from '../../../src/rollouts/requests.ts';
import { Story } from '../api/story.ts';
import type { World } from '../api/world.ts';
import { listen, openWorld, token } from '../api/world.ts';
import { sluice } from './session.ts';

let world: World;
let env: Record<string, string>;
beforeAll(async () => {
  world = await openWorld();
  env = { SLUICE_URL: await listen(world.api()), SLUICE_TOKEN: token };
});
afterAll(() => world.close());

const running = async (service: string): Promise<Story> => {
  const story = new Story('2.2.0', { id: uuidv7(), service });
  await world.tell(story.planned().stepsUpTo(4).watching(4));
  return story;
};

describe('saying something to a rollout', () => {
  const here = ['hold', 'resume', 'extend', 'accept', 'retry', 'take-over', 'promote', 'abort'] as const;
  test.each(here)('%s, with a reason and a key of its own', async (command) => {
    expect(commands).toContain(command);
    const story = await running(`hears-${command}`);
    const heard: CommandRequest[] = [];
    world.script.say = async (request) => {
      heard.push(request);
      return { outcome: 'done', rolloutId: story.id, effect: 'hold', state: 'held', started: null };
    };
    const { exit, out } = await sluice(env, command, `hears-${command}`, '--reason', 'because');
    expect(exit).toBe(0);
    expect(out).toBe(`✓ ${story.id.slice(0, 13)} holds: the traffic stays where it is, now held\n`);
    expect(heard).toMatchObject([{ id: story.id, command, reason: 'because' }]);
    expect(heard[0]?.key).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('what the state does not allow: the sentence on standard error, exit 1', async () => {
    await running('refuses');
    world.script.say = async () => {
      throw new SluiceError({
        code: 'COMMAND_REFUSED',
        message: 'Can not resume: it is being watched. It takes now: abort, rollback, hold, promote.',
      });
    };
    const { exit, out, err } = await sluice(env, 'resume', 'refuses');
    expect({ exit, out }).toEqual({ exit: 1, out: '' });
    expect(err).toContain('✗ Can not resume: it is being watched.');
  });

  test('not confirmed: said as such, exit 0; what a command began is told, and its refusal is an error', async () => {
    const story = await running('begins');
    const answer = async (said: SaidAnswer) => {
      world.script.say = async () => said;
      return sluice(env, 'retry', 'begins', '--key', 'my-key');
    };
    const unsure = await answer({ outcome: 'not-confirmed', rolloutId: story.id, key: 'my-key' });
    expect(unsure.exit).toBe(0);
    expect(unsure.out).toContain('… not confirmed yet');
    const done = {
      outcome: 'done',
      rolloutId: story.id,
      effect: 'start-again',
      state: 'rolled-back',
    } as const;
    const begun = await answer({
      ...done,
      started: { outcome: 'not-confirmed', rolloutId: 'the-new-one', repeated: false },
    });
    expect(begun.out).toContain('has ended: it begins again');
    expect(begun.out).toContain('the-new-one');
    const refused = await answer({
      ...done,
      started: {
        outcome: 'refused',
        rolloutId: 'the-new-one',
        repeated: false,
        problems: [{ code: 'ALREADY_RUNNING_VERSION', message: 'It runs already.' }],
      },
    });
    expect(refused).toMatchObject({ exit: 2, out: '' });
  });
});

describe('rollback', () => {
  test('an open rollout goes back; a locked service is exit 9 and says by whom', async () => {
    const story = await running('returns');
    const heard: unknown[] = [];
    world.script.rollback = async (request) => {
      heard.push(request);
      return {
        outcome: 'done',
        rolloutId: story.id,
        effect: 'way-back',
        state: 'rolling-back',
        started: null,
      };
    };
    const { exit, out } = await sluice(env, 'rollback', 'returns', '--to', '2.0.4', '--env', 'production');
    expect(exit).toBe(0);
    expect(out).toBe(`✓ ${story.id.slice(0, 13)} goes back, now rolling back\n`);
    expect(heard).toMatchObject([{ service: 'returns', to: '2.0.4', environment: 'production' }]);
    world.script.rollback = async () => {
      throw new SluiceError({ code: 'ROLLOUT_LOCKED', message: 'A rollout by ana runs since 14:02.' });
    };
    const locked = await sluice(env, 'rollback', 'returns');
    expect(locked.exit).toBe(9);
    expect(locked.err).toContain('by ana');
  });
});

describe('finding the daemon', () => {
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  });
  const home = async (files: Readonly<Record<string, string>>): Promise<string> => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sluice-home-'));
    folders.push(folder);
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
    return folder;
  };

  test('by the data folder', async () => {
    const daemon = JSON.stringify({ url: env['SLUICE_URL'], pid: process.pid });
    const folder = await home({ 'daemon.json': daemon, token: `${token}\n` });
    expect((await sluice({ SLUICE_HOME: folder }, 'audit')).exit).toBe(0);
    expect((await sluice({ XDG_STATE_HOME: folder }, 'audit')).exit).toBe(1);
  });

  test('none there: what to do about it; --json says the same to a program', async () => {
    const folder = await home({});
    const { exit, out, err } = await sluice({ SLUICE_HOME: folder }, 'status');
    expect({ exit, out }).toEqual({ exit: 1, out: '' });
    expect(err.replaceAll(/\s+/g, ' ')).toContain('Start one: `sluiced dev` (in a checkout: npm start)');
    const json = await sluice({ SLUICE_HOME: folder }, 'status', '--json');
    expect(JSON.parse(json.err)).toMatchObject({ code: 'CLIENT_OFFLINE' });
  });

  test('one that died: the address that was tried', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const url = `http://127.0.0.1:${String(port)}`;
    const { exit, err } = await sluice({ SLUICE_URL: url, SLUICE_TOKEN: token }, 'status');
    expect(exit).toBe(1);
    expect(err).toContain(`No daemon answers at ${url} (ECONNREFUSED).`);
  });

  test('a wrong token is exit 10; the folder’s token is not given to another address', async () => {
    expect((await sluice({ ...env, SLUICE_TOKEN: 'wrong' }, 'status')).exit).toBe(10);
    const daemon = JSON.stringify({ url: 'http://127.0.0.1:1', pid: 1 });
    const folder = await home({ 'daemon.json': daemon, token });
    const { exit, err } = await sluice({ SLUICE_HOME: folder, SLUICE_URL: env['SLUICE_URL'] }, 'status');
    expect(exit).toBe(10);
    expect(err).toContain('Put it into SLUICE_TOKEN.');
  });

  test('something else at the address is said to be something else', async () => {
    const server = createServer((_request, response) => response.writeHead(502).end('<html>')).listen(
      0,
      '127.0.0.1',
    );
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const { exit, err } = await sluice({ SLUICE_URL: url, SLUICE_TOKEN: token }, 'status');
    await new Promise((resolve) => server.close(resolve));
    expect(exit).toBe(1);
    expect(err).toContain('answered with 502, and not as a daemon of Sluice does');
  });

  test('a deploy whose answer got lost is said again under the same key', async () => {
    const keys: unknown[] = [];
    const server = createServer((request, response) => {
      keys.push(request.headers['idempotency-key']);
      if (keys.length === 1) {
        request.socket.destroy();
        return;
      }
      const answer = { outcome: 'not-confirmed', rolloutId: 'the-one', repeated: false };
      response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const { exit, out } = await sluice({ SLUICE_URL: url, SLUICE_TOKEN: token }, 'deploy', 'shop', '2.1.0');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(exit).toBe(0);
    expect(out).toContain('the-one');
    expect(keys).toHaveLength(2);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys[1]).toBe(keys[0]);
  });
});
