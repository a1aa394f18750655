import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRecord } from '../../worker/temporal-process.ts';
import { sluice } from '../e2e/cli.ts';
import { Dev } from '../e2e/dev.ts';
import { oldVersion } from '../e2e/files.ts';
import { kill } from '../e2e/processes.ts';
import { until } from '../e2e/until.ts';

let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start([{ name: 'glass', watch: '10m' }]);
}, 90_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

test('with daemon, ledger and Temporal away the traffic goes back; the rollout finds it so and ends as rolled back by hand', async () => {
  const glass = dev.service('glass');
  await glass.under(100, async () => {
    glass.release('1.1.0');
    const { rolloutId } = await glass.deploy('1.1.0');
    await dev.api.reaches(rolloutId, 'watching', ({ state }) => state === 'watching');

    await dev.kill();
    const temporal = (await readRecord(path.join(dev.home, 'temporal')))?.pid ?? 0;
    kill(temporal, 'SIGKILL');
    const without = await sluice(dev.home, ['rollback', 'glass', '--break-glass'], dev.environment);
    expect(without.err).toContain('--reason');
    const { exit, out, err } = await sluice(
      dev.home,
      ['rollback', 'glass', '--break-glass', '--reason', 'all is dark'],
      dev.environment,
    );
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(out).toContain(`glass in production: ${oldVersion} 100 %.`);
    expect((await glass.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
    const folder = path.join(dev.practice, 'way-back');
    const [report = ''] = readdirSync(folder).filter((file) => file.includes('break-glass'));
    expect(JSON.parse(readFileSync(path.join(folder, report), 'utf8'))).toMatchObject({
      reason: 'all is dark',
    });

    await dev.up();
    await until('the rollout is taken up again', async () => {
      const { state } = await dev.api.rollout(rolloutId);
      return state === 'watching' || state === 'inconclusive';
    });
    await dev.api.say(rolloutId, 'abort');
    const view = await dev.api.ended(rolloutId);
    expect(view).toMatchObject({ state: 'rolled-back-by-hand' });
    expect((await glass.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
    expect(await glass.versions()).toEqual([oldVersion]);
  });
}, 150_000);
