import { access } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { makeContract } from '../../activities/contract.ts';
import { breakGlass } from '../../activities/way-back/break-glass.ts';
import { storeWayBack } from '../../activities/way-back/stored.ts';
import { plan } from '../../runbooks/plan.ts';
import type { Release } from '../../runbooks/runbook.ts';
import { glassFence, keepFence } from '../../workflows/fences.ts';
import { MockActivityEnvironment } from '@temporalio/testing';
import { makeService } from '../runbooks/make.ts';
import { manifestOf, PracticeRig } from './targets/practice/harness.ts';
import { migrating } from '../runbooks/migrating.ts';

const place = { service: 'shop', environment: 'production' };
const release = (version: string): Release => ({ version, digest: manifestOf(version).digest });
const rollout = { rolloutId: 'r7', epoch: 1 };

/** 2.0.0 was promoted by a rollout that left its way back; 1.0.0 is kept warm beside it. */
const promoted = async () => {
  const rig = await PracticeRig.start();
  await rig.create();
  await rig.establish('1.0.0');
  const planned = async (passed: Readonly<Record<string, string>>) => {
    const result = plan({
      ...{ kind: 'deploy', ...place, service: migrating(), release: release('2.0.0') },
      state: await rig.target.observe('shop'),
      lastGood: release('1.0.0'),
      migrations: { level: null, pending: [], contractable: [], passed, warnings: [], problems: [] },
    });
    if ('problems' in result) throw new Error(JSON.stringify(result.problems));
    return result.runbook;
  };
  const file = rig.target.wayBackFile?.('shop') ?? '';
  const safe = await planned({});
  const past = await planned({ '1.0.0': '0000-old' });
  await storeWayBack(file, rollout, safe);
  await rig.establish('2.0.0');
  const glass = () =>
    breakGlass({
      ...{ target: rig.target, ...place, reason: 'all is dark', who: 'ana', clock: () => Date.now() },
      content: async ({ version }) => manifestOf(version),
    });
  const contract = () =>
    new MockActivityEnvironment().run(makeContract({ target: () => rig.target }), {
      ...{ rolloutId: 'r7', place, file: makeService(), release: release('2.0.0') },
      ...{ level: null, migrations: [], withinMs: 1_000 },
    });
  const isKept = () =>
    access(file).then(
      () => true,
      () => false,
    );
  return { rig, file, past, glass, contract, isKept };
};

test('past a point of no return a rollout leaves no way back, nor the one before it', async () => {
  const { file, past, glass, isKept } = await promoted();
  expect(await isKept()).toBe(true);
  await storeWayBack(file, rollout, past);
  expect(await isKept()).toBe(false);
  await expect(glass()).rejects.toMatchObject({ code: 'NO_WAY_BACK' });
});

test('before the database loses anything, the way back of the rollout that was promoted goes', async () => {
  const { glass, contract, isKept, rig } = await promoted();
  await contract();
  expect(await isKept()).toBe(false);
  await expect(glass()).rejects.toMatchObject({ code: 'NO_WAY_BACK' });
  expect((await rig.target.observe('shop')).weights).toEqual({ '2.0.0': 100 });
});

test('after the promotion break-glass starts again what was taken away; nothing is taken away after it', async () => {
  const { rig, glass, contract } = await promoted();
  await rig.write({ do: 'retire', version: '1.0.0' }, keepFence(1, 0));
  const { done } = await glass();
  expect(done.map(({ action, outcome }) => [action.do, outcome])).toEqual([
    ['deploy', 'done'],
    ['shift', 'done'],
    ['promote', 'done'],
    ['retire', 'done'],
  ]);
  const { weights, stable, fence } = await rig.target.observe('shop');
  expect({ weights, stable }).toEqual({ weights: { '1.0.0': 100 }, stable: '1.0.0' });
  expect(fence).toBeGreaterThanOrEqual(glassFence(1));
  await expect(rig.write({ do: 'retire', version: '3.0.0' }, keepFence(1, 9))).rejects.toMatchObject({
    code: 'TARGET_FENCED',
  });
  await expect(contract()).rejects.toMatchObject({
    code: 'COMMAND_REFUSED',
    message: expect.stringContaining('1.0.0 100 %'),
  });
});
