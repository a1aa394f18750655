import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { errorTable } from '../../runbooks/errors.ts';
import { chainReport } from '../../src/api/schemas/answers.ts';
import { daemonFile, readDaemonFile, tokenFile } from '../../src/home.ts';
import { Dev } from '../e2e/dev.ts';
import { oldVersion } from '../e2e/files.ts';
import { commandLines } from '../e2e/processes.ts';
import { until } from '../e2e/until.ts';
import { runSluiced } from './sluiced.ts';

const running: Dev[] = [];
afterEach(async () => {
  for (const dev of running.splice(0)) await dev.stop();
}, 60_000);

const start = async (): Promise<Dev> => {
  const dev = await Dev.start([{ name: 'shop', watch: '1h' }]);
  running.push(dev);
  return dev;
};

const isReady = async (dev: Dev): Promise<boolean> =>
  (await dev.api.send({ path: '/readyz' })).status === 200;

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

describe('sluiced dev', () => {
  test('has its data folder for itself: a second one is told where the first one answers', async () => {
    const dev = await start();
    await until('it says that it is ready', () => dev.log().includes('ready in '));
    expect(await isReady(dev)).toBe(true);
    expect(modeOf(tokenFile(dev.home))).toBe('600');
    expect(modeOf(dev.home)).toBe('700');
    const address = readDaemonFile(dev.home);
    expect(address?.pid).toBe(dev.pid);
    const helpers = await dev.helpers();
    expect(helpers).toHaveLength(2);

    const { exit, err } = await runSluiced(['dev'], dev.environment);
    expect(exit).toBe(1);
    expect(errorTable.LEDGER_OWNED.exit).toBe(1);
    expect(err).toContain('LEDGER_OWNED');
    expect(err).toContain(address?.url);
    expect(err).toContain(String(dev.pid));

    // It has touched nothing of the first one's.
    expect(readDaemonFile(dev.home)).toEqual(address);
    expect(await dev.helpers()).toEqual(helpers);
    expect(await isReady(dev)).toBe(true);
  });

  test('killed: Temporal and the practice service live on, and the next one adopts both; ended: nothing lives', async () => {
    const dev = await start();
    const service = dev.service('shop');
    await service.load(50);
    await dev.api.adopt('shop');
    service.release('1.1.0');
    const { rolloutId } = await service.deploy('1.1.0');
    await dev.api.reaches(rolloutId, 'watching', ({ state }) => state === 'watching');
    const helpers = await dev.helpers();
    const first = dev.pid;
    await dev.kill();
    const served = Date.now();
    const living = await commandLines();
    expect(living.has(first)).toBe(false);
    for (const pid of helpers) expect(living.has(pid)).toBe(true);
    await until('clients are served without a daemon', async () =>
      (await service.clients()).some(({ second }) => second * 1000 > served),
    );

    await dev.up();
    expect(await dev.helpers()).toEqual(helpers);
    expect(dev.pid).not.toBe(first);
    // What ran goes on, and hears.
    expect((await dev.api.rollout(rolloutId)).state).toBe('watching');
    await until('a worker answers', () => isReady(dev));
    await dev.api.say(rolloutId, 'abort');
    expect(await dev.api.ended(rolloutId)).toMatchObject({ state: 'aborted' });
    expect(await dev.api.call(chainReport, { path: '/v1/audit' })).toMatchObject({ ok: true });

    expect(await dev.terminate()).toBe(0);
    expect([...(await dev.leftBehind()).values()]).toEqual([]);
    expect(existsSync(daemonFile(dev.home))).toBe(false);

    // Its memory is in the folder: the next one begins where this one ended.
    await dev.up();
    expect(existsSync(path.join(dev.home, 'temporal', 'server.json'))).toBe(true);
    expect(await dev.api.rollout(rolloutId)).toMatchObject({ state: 'aborted' });
    expect((await service.view()).state).toMatchObject({
      weights: { [oldVersion]: 100 },
      stable: oldVersion,
    });
  }, 120_000);
});
