import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Dev } from '../e2e/dev.ts';
import type { ServiceSpec } from '../e2e/files.ts';
import { oldVersion } from '../e2e/files.ts';
import type { TestService } from '../e2e/test-service.ts';
import { until } from '../e2e/until.ts';

const fresh = '1.1.0';
const first = { instances: 3 };

/** `loses`: whether requests may fail while the versions change places. */
type Case = {
  readonly name: string;
  readonly spec: Omit<ServiceSpec, 'name'>;
  readonly loses: boolean;
  /** Versions that still stand there once the promotion is over and `keep` has done its part. */
  readonly left: readonly string[];
};
const cases: readonly Case[] = [
  { name: 'recreate', spec: { strategy: '{ recreate: { watch: 3s } }' }, loses: true, left: [fresh] },
  {
    name: 'rolling',
    spec: { strategy: '{ rolling: { maxSurge: 1, watch: 3s } }' },
    loses: false,
    left: [fresh],
  },
  {
    name: 'blue-green',
    spec: { strategy: '{ blue-green: { watch: 3s } }' },
    loses: false,
    left: [fresh, oldVersion],
  },
  { name: 'canary', spec: { steps: [50, 100] }, loses: false, left: [fresh, oldVersion] },
];

let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start(
    cases.flatMap(({ name, spec }) =>
      ['well', 'ill'].map((what) => ({ ...spec, first, name: `${name}-${what}` })),
    ),
  );
}, 120_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

/** Instances of each version, as the target counts them. */
const sizes = async (service: TestService): Promise<Readonly<Record<string, number>>> =>
  Object.fromEntries(
    (await service.view()).state.groups.map(({ version, instances }) => [version, instances]),
  );

describe.each(cases)('$name', ({ name, loses, left }) => {
  test('goes forward, and hours later back', async () => {
    const service = dev.service(`${name}-well`);
    await service.under(150, async () => {
      const beganMs = Date.now();
      service.release(fresh, first);
      const { rolloutId } = await service.deploy(fresh);
      expect(await service.ends(rolloutId)).toMatchObject({ state: 'succeeded', version: fresh });
      await until('keep has done its part', async () => (await service.versions()).length === left.length);
      expect(await service.versions()).toEqual([...left].sort());
      expect(await sizes(service)).toMatchObject({ [fresh]: 3 });
      const there = await service.view();
      expect(there.state).toMatchObject({ weights: { [fresh]: 100 }, stable: fresh });

      // The ledger says that it has ended a moment before its workflow closes and lets the lock go.
      const back = await until('the lock is free', () =>
        dev.api.rollback(service.name).catch((error: unknown) => {
          if (String(error).includes('rollout-locked')) return null;
          throw error;
        }),
      );
      if (!('rolloutId' in back)) throw new Error(JSON.stringify(back));
      const view = await dev.api.ended(back.rolloutId ?? '');
      expect(view).toMatchObject({ state: 'succeeded', version: oldVersion, recovered: true });
      const kinds = view.steps.map(({ kind }) => kind);
      // Warm: one move of the traffic. Cold: the pinned digest is deployed again first.
      expect(kinds.includes('deploy')).toBe(!left.includes(oldVersion));
      const { state } = await service.view();
      expect(state).toMatchObject({ weights: { [oldVersion]: 100 }, stable: oldVersion });
      expect((await sizes(service))[oldVersion]).toBe(3);

      const { asked, lost } = await service.lostSince(beganMs);
      expect(asked).toBeGreaterThan(500);
      if (loses) expect(lost).toBeGreaterThan(0);
      else expect(lost).toBe(0);
    });
  });

  test('goes back when the new version fails its clients, to as many instances as there were', async () => {
    const service = dev.service(`${name}-ill`);
    await service.under(150, async () => {
      service.release(fresh, { ...first, errorRate: 0.4 });
      const { rolloutId } = await service.deploy(fresh);
      const view = await service.ends(rolloutId);
      expect(view).toMatchObject({ state: 'rolled-back', recovered: true, cause: { by: 'breach' } });
      expect(await sizes(service)).toEqual({ [oldVersion]: 3 });
      const { state } = await service.view();
      expect(state).toMatchObject({ weights: { [oldVersion]: 100 }, stable: oldVersion });
      // Nobody but the new version has failed anybody, except where there was downtime.
      const served = (await service.clients()).flatMap(({ served }) => Object.entries(served));
      const others = served.filter(([version]) => version !== fresh);
      if (!loses) expect(others.filter(([, { error }]) => error > 0)).toEqual([]);
    });
  });
});
