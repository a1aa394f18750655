import { expect, test } from '@jest/globals';
import { ask, PracticeRig } from './harness.ts';

test('a version that is made to fail does, to its clients and in its numbers, until that is ended', async () => {
  const rig = await PracticeRig.start();
  await rig.create();
  await rig.establish('1.0.0');
  const { proxy } = await rig.view();
  const statuses = async () =>
    new Set((await Promise.all(Array.from({ length: 10 }, () => ask(proxy)))).map(({ status }) => status));
  const errors = async () =>
    (await rig.target.read('shop', '1.0.0')).arm.instances.reduce((sum, { errors: own }) => sum + own, 0);
  await rig.fault({ failing: 1, version: '1.0.0' });
  expect([await statuses(), await errors()]).toEqual([new Set([500]), 10]);
  await rig.fault({ failing: 1, version: '9.9.9' });
  await rig.fault({ failing: 0, version: '1.0.0' });
  expect([await statuses(), await errors()]).toEqual([new Set([200]), 10]);
});
