import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { flagdDriver } from '../../activities/flags/flagd.ts';
import { sluice } from '../e2e/cli.ts';
import { Dev } from '../e2e/dev.ts';
import { oldVersion } from '../e2e/files.ts';

const flag = 'checkout-v2';
const fresh = '1.1.0';

let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start([
    {
      name: 'dark',
      strategy: `{ feature-flag: { flag: ${flag}, steps: [50, 100], watch: 3s, deploy: { blue-green: { watch: 3s } } } }`,
      flags: '{ flagd: { file: ./flags.json } }',
    },
  ]);
  const off = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off', targeting: {} };
  writeFileSync(file(), JSON.stringify({ flags: { [flag]: off } }));
}, 90_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

const file = (): string => path.join(dev.files.services, 'flags.json');
/** Percent of the users; that flagd itself reads the file so is in the driver's tests. */
const percent = async (): Promise<number> =>
  (await flagdDriver({ file: file(), on: 'on', off: 'off' }).observe(flag)).percent;

test('a deploy goes dark, the flag is ramped, taken back in one call, and moved again without a deploy', async () => {
  const service = dev.service('dark');
  await service.under(150, async () => {
    service.release(fresh);
    const { rolloutId } = await service.deploy(fresh);
    await service.goesOn(
      rolloutId,
      'watching the flag',
      ({ state, watches }) => state === 'watching' && watches.length === 2,
    );
    expect((await service.view()).state).toMatchObject({ weights: { [fresh]: 100 }, stable: fresh });
    expect(await percent()).toBe(50);
    await dev.api.say(rolloutId, 'abort');
    const aborted = await dev.api.ended(rolloutId);
    expect(aborted).toMatchObject({ state: 'aborted', recovered: true });
    expect(aborted.trafficBackMs).toBeLessThan(2_000);
    expect(await percent()).toBe(0);
    // The code stays, promoted, and the old version is kept warm beside it.
    expect((await service.view()).state).toMatchObject({ weights: { [fresh]: 100 }, stable: fresh });
    expect((await dev.api.releases('dark'))[0]).toMatchObject({ version: fresh, state: 'good' });
    expect(await service.versions()).toEqual([oldVersion, fresh]);

    const deploys = async (): Promise<number> =>
      (await service.events()).filter((event) => event.event === 'applied').length;
    const before = await deploys();
    expect(await sluice(dev.home, ['flag', 'dark', flag, '50'])).toMatchObject({ exit: 0 });
    const [up] = await dev.api.rollouts('dark');
    // A watch of seconds without a version beside it may have to ask: what the gate says is another test's matter.
    expect(await service.ends(up?.id ?? '')).toMatchObject({ kind: 'flag', state: 'succeeded' });
    expect(await percent()).toBe(50);
    const down = await sluice(dev.home, ['flag', 'dark', flag, '0', '--wait']);
    expect(down).toMatchObject({ exit: 0 });
    expect(await percent()).toBe(0);
    expect(await deploys()).toBe(before);
    const [last] = await dev.api.rollouts('dark');
    expect(last).toMatchObject({ kind: 'flag', state: 'succeeded', version: fresh });

    const refused = await sluice(dev.home, ['flag', 'dark', 'no-such-flag', '10']);
    expect(refused.exit).toBe(2);
    expect(refused.err).toContain('no-such-flag');
  });
});
