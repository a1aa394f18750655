import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { haproxyTarget } from '../../../../activities/targets/haproxy/adapter.ts';
import { haproxyBlock } from '../../../../runbooks/targets/haproxy-block.ts';
import { describeWithHaproxy } from '../../../servers/haproxy.ts';
import { Rig, service, until } from './rig.ts';

const node = process.execPath;
const says = (text: string): readonly string[] => [
  node,
  '-e',
  `process.stdout.write(${JSON.stringify(text)})`,
];

describeWithHaproxy('one HAProxy', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start(3, { instances: 1 });
    await rig.deploy('1.0.0');
    await rig.shift({ '1.0.0': 100 });
    await rig.write({ do: 'promote', version: '1.0.0' });
  }, 60_000);
  afterAll(async () => {
    await rig.stop();
  });

  test('a late write is refused, the same again changes nothing, another under its fence is refused', async () => {
    await rig.deploy('1.1.0');
    const late = rig.fence;
    await rig.shift({ '1.1.0': 10, '1.0.0': 90 });
    const same = rig.fence;
    await rig.write({ do: 'shift', weights: { '1.1.0': 10, '1.0.0': 90 } }, {}, same);
    await expect(
      rig.write({ do: 'shift', weights: { '1.1.0': 50, '1.0.0': 50 } }, {}, same),
    ).rejects.toMatchObject({
      code: 'TARGET_FENCED',
    });
    await expect(rig.write({ do: 'shift', weights: { '1.1.0': 100 } }, {}, late)).rejects.toMatchObject({
      code: 'TARGET_FENCED',
    });
    const state = await rig.target.observe(service);
    expect(state.weights).toEqual({ '1.1.0': 10, '1.0.0': 90 });
    expect(state.fence).toBe(same);
    await rig.shift({ '1.0.0': 100 });
    await rig.write({ do: 'retire', version: '1.1.0' });
  });

  test('nobody takes the promoted version away, or one with traffic, or gives traffic to who is not ready', async () => {
    await expect(rig.write({ do: 'retire', version: '1.0.0' })).rejects.toThrow('100 % of the traffic');
    await expect(rig.write({ do: 'scale', version: '1.0.0', instances: 0 })).rejects.toThrow(
      '100 % of the traffic',
    );
    const { digest } = rig.artifact('1.2.0', { readyAfterMs: 'never' });
    const deploy = { do: 'deploy', release: { version: '1.2.0', digest } } as const;
    await rig.write(deploy, { readyAfterMs: 'never' });
    expect((await rig.target.observe(service)).groups).toContainEqual(
      expect.objectContaining({ version: '1.2.0', instances: 1, ready: 0 }),
    );
    await expect(rig.shift({ '1.2.0': 100 })).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    await rig.write({ do: 'retire', version: '1.2.0' });
    // The record's own judgement, where traffic has been taken away by hand.
    expect((await rig.target.observe(service)).weights).toEqual({ '1.0.0': 100 });
  }, 60_000);

  test('a way back is not kept waiting by a start, and what that start brings up late is stopped again', async () => {
    const release = { version: '1.3.0', digest: rig.artifact('1.3.0').digest };
    const begun = path.join(rig.folder, 'begun');
    const script = `
      const { execFileSync } = require('node:child_process');
      const { existsSync, writeFileSync } = require('node:fs');
      writeFileSync(${JSON.stringify(begun)}, '');
      const wait = () => existsSync(${JSON.stringify(`${begun}.go`)})
        ? process.stdout.write(execFileSync(process.execPath, process.argv.slice(1))) : setTimeout(wait, 20);
      wait();`;
    const target = rig.other({ start: [node, '-e', script, ...rig.block.start.slice(1)] });
    const fence = rig.fence + 1;
    const mark = { rolloutId: 'r2', key: 'r2/1', fence };
    const deploying = target.apply(service, { do: 'deploy', release }, mark, rig.artifact('1.3.0'));
    await until('the start runs', async () => (existsSync(begun) ? true : null));
    await rig.write({ do: 'shift', weights: { '1.0.0': 100 } }, {}, rig.next(2));
    await rig.write({ do: 'retire', version: '1.3.0' });
    // Both are through, and it has not even been let go.
    await writeFile(`${begun}.go`, '');
    await deploying;
    expect(rig.living()).toEqual(['shop-1.0.0-0']);
    expect((await rig.target.observe(service)).groups.map(({ version }) => version)).toEqual(['1.0.0']);
  }, 60_000);

  test.each([
    ['garbage', says('\u0000\u0007 no JSON'), 'TARGET_ANSWER_INVALID'],
    ['a host name', says('{"address":"localhost:80","digest":"sha256:00"}'), 'TARGET_ANSWER_INVALID'],
    [
      'a command of HAProxy',
      says('{"address":"127.0.0.1:80;shutdown","digest":"x"}'),
      'TARGET_ANSWER_INVALID',
    ],
    ['nothing', [node, '-e', '0'], 'TARGET_ANSWER_INVALID'],
    ['a fault', [node, '-e', 'console.error("no room"); process.exit(3)'], 'TARGET_UNAVAILABLE'],
    ['its absence', ['./not-there'], 'TARGET_UNAVAILABLE'],
  ])(
    'a start that answers with %s is a named error, and the way back is open',
    async (_what, start, code) => {
      const { digest, text } = rig.artifact('1.4.0');
      const mark = { rolloutId: 'r3', key: 'r3/1', fence: rig.next(1) };
      const deploy = { do: 'deploy', release: { version: '1.4.0', digest } } as const;
      await expect(
        rig.other({ start: [...start] }).apply(service, deploy, mark, { digest, text }),
      ).rejects.toMatchObject({ code });
      await rig.shift({ '1.0.0': 100 });
      await rig.write({ do: 'retire', version: '1.4.0' });
      expect((await rig.target.observe(service)).groups.map(({ version }) => version)).toEqual(['1.0.0']);
    },
  );

  test('without a free server, with a stranger in the backend, or with a damaged record it says so', async () => {
    const { digest } = rig.artifact('1.5.0');
    await expect(
      rig.write({ do: 'deploy', release: { version: '1.5.0', digest }, instances: 3 }),
    ).rejects.toThrow('no server left');
    await rig.shift({ '1.0.0': 100 });
    await rig.write({ do: 'retire', version: '1.5.0' });

    await rig.haproxy.say('set weight shop/slot3 5;set server shop/slot3 state ready');
    await expect(rig.target.observe(service)).rejects.toThrow(
      /^shop.slot3 .* has traffic and is none of Sluice's/,
    );
    await rig.haproxy.say('set weight shop/slot3 0;set server shop/slot3 state maint');

    await expect(rig.other({ backend: 'shoe' }).observe(service)).rejects.toThrow('no backend shoe');

    const record = path.join(rig.haproxy.state, 'shop.json');
    const kept = await readFile(record, 'utf8');
    await writeFile(record, kept.slice(0, 40));
    await expect(rig.target.observe(service)).rejects.toThrow('is not what Sluice wrote');
    await writeFile(record, kept);
    await expect(rig.target.observe('cart')).rejects.toThrow('it is of the service shop');
    expect((await rig.target.observe(service)).weights).toEqual({ '1.0.0': 100 });
  }, 60_000);

  test('the digest is what the instance says, not what was asked for', async () => {
    const { digest } = rig.artifact('1.6.0');
    const other = `sha256:${'0'.repeat(64)}`;
    const start = rig.block.start.map((argument) => (argument === '{digest}' ? other : argument));
    const deploy = { do: 'deploy', release: { version: '1.6.0', digest } } as const;
    const mark = { rolloutId: 'r4', key: 'r4/1', fence: rig.next(1) };
    await rig.other({ start: [...start] }).apply(service, deploy, mark, rig.artifact('1.6.0'));
    const { groups } = await rig.target.observe(service);
    expect(groups.find(({ version }) => version === '1.6.0')?.digest).toBe(other);
    await rig.write({ do: 'retire', version: '1.6.0' });
  }, 60_000);
});

describe('what is no HAProxy', () => {
  let server: Server | null = null;
  let folder = '';
  afterEach(async () => {
    server?.close();
    server = null;
    await rm(folder, { recursive: true, force: true });
  });
  const speaking = async (answer: string | null): Promise<string> => {
    folder = await mkdtemp(path.join(tmpdir(), 'sluice-no-haproxy-'));
    const socket = path.join(folder, 's.sock');
    server = createServer((connection) => {
      connection.on('error', () => undefined);
      if (answer === null) connection.destroy();
      else connection.end(answer);
    }).listen(socket);
    await once(server, 'listening');
    return socket;
  };
  test.each([
    ['hangs up', null, 'TARGET_UNAVAILABLE'],
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'TARGET_ANSWER_INVALID'],
    ['breaks off', '1\n# be_id be_na', 'TARGET_UNAVAILABLE'],
    ['forgets columns', '1\n# be_id be_name\n3 shop\n\n', 'TARGET_ANSWER_INVALID'],
    ['never ends', 'x'.repeat(5 * 1024 * 1024), 'TARGET_ANSWER_INVALID'],
    ['does not let us', 'Permission denied\n\n', 'TARGET_ANSWER_INVALID'],
  ])('%s', async (_what, answer, code) => {
    const socket = await speaking(answer);
    const block = haproxyBlock.parse({
      socket,
      backend: 'shop',
      state: folder,
      start: says(''),
      stop: says(''),
    });
    await expect(haproxyTarget(block, 'production').observe(service)).rejects.toMatchObject({ code });
  });
});
