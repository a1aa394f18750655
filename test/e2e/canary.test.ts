import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { searchAttributes } from '../../workflows/status.ts';
import { sluice } from './cli.ts';
import { Dev } from './dev.ts';
import { oldVersion } from './files.ts';
import { backWithinMs } from './test-service.ts';
import { until } from './until.ts';

let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start([
    { name: 'well', watch: '5s', extend: '5s', keepWarm: '3s' },
    { name: 'ill', watch: '5s' },
    { name: 'mute', watch: '3s' },
    { name: 'forgotten', watch: '3s', noData: '2s' },
  ]);
}, 90_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

/** What Temporal's own list shows of a service's rollouts; its index follows a little later. */
const inTemporal = (service: string, outcome: string) =>
  until(`Temporal lists ${service} as ${outcome}`, () =>
    dev.temporal(async (client) => {
      const query = `SluiceService = '${service}' AND SluiceOutcome = '${outcome}' AND WorkflowType = 'rollout'`;
      for await (const { typedSearchAttributes } of client.workflow.list({ query }))
        return typedSearchAttributes;
      return null;
    }),
  );

describe('a canary', () => {
  test('that is healthy gets all traffic step by step and is promoted; the old version goes when its time is over', async () => {
    const well = dev.service('well');
    await well.under(300, async () => {
      well.release('1.1.0');
      const { exit } = await sluice(dev.home, ['deploy', 'well', '1.1.0', '--wait']);
      expect(exit).toBe(0);
      const [view] = await dev.api.rollouts('well');
      if (view === undefined) throw new Error('There is no rollout.');
      const rolloutId = view.id;
      expect(view).toMatchObject({
        state: 'succeeded',
        service: 'well',
        version: '1.1.0',
        from: { version: oldVersion },
        cause: null,
        commands: [],
      });
      expect(view.steps.map(({ state }) => state)).toEqual(view.steps.map(() => 'done'));
      expect(view.watches.map(({ percent, verdict }) => [percent, verdict?.kind])).toEqual([
        [50, 'pass'],
        [100, 'pass'],
      ]);
      for (const { verdict } of view.watches) {
        expect(verdict?.canary.requests).toBeGreaterThan(100);
        expect(verdict?.recording).toMatch(/^[0-9a-f]{64}$/);
      }

      expect((await well.weights()).map(({ weights }) => weights)).toEqual([
        { [oldVersion]: 100 },
        { '1.1.0': 50, [oldVersion]: 50 },
        { '1.1.0': 90, [oldVersion]: 10 },
        { '1.1.0': 100 },
      ]);
      const writes = (await well.events()).flatMap((event) =>
        event.event === 'applied' && event.rolloutId === rolloutId ? [event.action.do] : [],
      );
      expect(writes.slice(0, 5)).toEqual(['deploy', 'shift', 'shift', 'shift', 'promote']);

      const types = (await dev.api.events(rolloutId)).map(({ body }) => body.type);
      expect(types[0]).toBe('requested');
      expect(types.indexOf('planned')).toBeLessThan(types.indexOf('step-started'));
      expect(types.filter((type) => type === 'promoted')).toHaveLength(1);
      expect(types.filter((type) => type === 'closed')).toHaveLength(1);

      const seen = await inTemporal('well', 'succeeded');
      expect(seen.get(searchAttributes.phase)).toBe('succeeded');
      expect(seen.get(searchAttributes.version)).toBe('1.1.0');
      expect(seen.get(searchAttributes.environment)).toBe('production');

      // Kept for the three seconds of its file, then taken away, and never with traffic on it.
      const retired = await until('the old version is gone', async () =>
        (await well.events()).find((event) => event.event === 'applied' && event.action.do === 'retire'),
      );
      expect(retired.at - Date.parse(view.endedAt ?? '')).toBeGreaterThan(2_000);
      await until('only the new one is there', async () => (await well.versions()).join() === '1.1.0');
      await until('the ledger knows that it is gone', async () => {
        const [good, old] = await dev.api.releases('well');
        return good?.version === '1.1.0' && good.state === 'good' && old?.retiredAt !== null;
      });
    });
  });

  test('of which 10 % fail is taken back with the reason in numbers, and the old version is seen to be well', async () => {
    const ill = dev.service('ill');
    await ill.under(300, async () => {
      ill.release('1.1.0', { errorRate: 0.1 });
      const { exit } = await sluice(dev.home, ['deploy', 'ill', '1.1.0', '--wait']);
      expect(exit).toBe(3);
      const [view] = await dev.api.rollouts('ill');
      expect(view).toMatchObject({ state: 'rolled-back', recovered: true, cause: { by: 'breach' } });
      const verdict = view?.watches.at(-1)?.verdict;
      expect(verdict?.kind).toBe('breach');
      expect(verdict?.canary.errors).toBeGreaterThan(0);
      expect(verdict?.baseline).toMatchObject({ errors: 0 });
      expect(view?.cause?.sentence).toBe(verdict?.sentence);
      expect(view?.trafficBackMs).toBeLessThan(backWithinMs);
      expect(view?.verified).toMatch(/\S/);

      expect((await ill.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
      expect(await ill.versions()).toEqual([oldVersion]);
      expect((await dev.api.releases('ill')).map(({ version }) => version)).toEqual([oldVersion]);
      const seen = await inTemporal('ill', 'rolled-back');
      expect(seen.get(searchAttributes.phase)).toBe('rolled-back');
    });
  });
});

describe('a canary that can not be seen', () => {
  test('is never promoted: it waits for a person, and goes back when told', async () => {
    const mute = dev.service('mute');
    await mute.under(200, async () => {
      mute.release('1.1.0');
      const { rolloutId } = await mute.deploy('1.1.0');
      await dev.api.reaches(rolloutId, 'watching', ({ state }) => state === 'watching');
      await mute.fault({ unreachableMs: 600_000 });
      const asked = await dev.api.reaches(rolloutId, 'asking', ({ state }) => state === 'inconclusive');
      expect(asked.watches.at(-1)?.verdict).toMatchObject({ kind: 'inconclusive', reason: 'no-data' });
      expect(asked.steps.find(({ kind }) => kind === 'promote')?.state).toBe('pending');
      await mute.fault({ unreachableMs: 0 });
      // What can be seen again is no verdict on what could not be seen.
      const { state } = await dev.api.rollout(rolloutId);
      expect(state).toBe('inconclusive');

      await dev.api.rollback('mute');
      const view = await dev.api.ended(rolloutId);
      expect(view).toMatchObject({ state: 'aborted', recovered: true });
      expect((await mute.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
    });
  });

  test('goes back by itself when nobody answers', async () => {
    const forgotten = dev.service('forgotten');
    await forgotten.under(200, async () => {
      forgotten.release('1.1.0');
      const { rolloutId } = await forgotten.deploy('1.1.0');
      await dev.api.reaches(rolloutId, 'watching', ({ state }) => state === 'watching');
      await forgotten.fault({ unreachableMs: 600_000 });
      await dev.api.reaches(rolloutId, 'going back', ({ state }) => state === 'rolling-back');
      await forgotten.fault({ unreachableMs: 0 });
      const view = await dev.api.ended(rolloutId);
      expect(view).toMatchObject({ state: 'rolled-back', cause: { by: 'time' }, recovered: true });
      expect((await forgotten.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
      const types = (await dev.api.events(rolloutId)).map(({ body }) => body.type);
      expect(types).not.toContain('promoted');
    });
  });
});
