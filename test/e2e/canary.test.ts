import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { prepared } from '../../src/api/schemas/answers.ts';
import { recordingSchema } from '../../src/gates/recording.ts';
import { replay } from '../../src/gates/replay.ts';
import { searchAttributes } from '../../workflows/status.ts';
import { sluice } from './cli.ts';
import { Dev } from './dev.ts';
import { oldVersion } from './files.ts';
import { backWithinMs } from './test-service.ts';
import { until } from './until.ts';

const wellSpec = { name: 'well', watch: '5s', extend: '5s', keepWarm: '3s' } as const;
let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start([
    wellSpec,
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

/** The plan reckons from the traffic that there is; a watch too short for it is refused where the file says so. */
const foresees = async (): Promise<void> => {
  const body = { service: 'well', version: '1.1.0' };
  const look = () => dev.api.call(prepared, { path: '/v1/plans', body });
  const numbers = await until('the traffic is known', async () => {
    const { outlook, hash } = await look();
    return outlook?.known === true && outlook.requestsPerSecond > 20 ? { ...outlook, hash } : null;
  });
  expect(numbers).toMatchObject({ share: 0.5, watchSeconds: 5, harm: 0.01 });
  expect(numbers.requestsPerSecond).toBeLessThan(450);
  const { out } = await sluice(dev.home, ['plan', 'well', '1.1.0']);
  expect(out.replaceAll(/\s+/g, ' ')).toMatch(/outlook At \d+ requests per second a 50 % canary gets about/);

  dev.files.declare({ ...wellSpec, watch: '1s', window: 'refuse' });
  const refused = await dev.api.refusal({ path: '/v1/rollouts', body: { kind: 'deploy', ...body } });
  expect(refused).toMatchObject({ code: 'WATCH_TOO_SHORT', status: 422 });
  expect(refused.hint).toMatch(/^To exclude \+1 point: about \d+ seconds/);
  const mending = { ...body, hotfix: 'INC-42' };
  const allowed = await dev.api.call(prepared, { path: '/v1/plans', body: mending });
  expect(allowed.warnings).toContainEqual(expect.stringContaining('excludes +1 point for'));
  dev.files.declare({ ...wellSpec, watch: '1s' });
  const warned = await look();
  expect(warned.warnings).toContainEqual(expect.stringContaining('excludes +1 point for'));

  // More is known by now, and what was to be approved is still the same.
  dev.files.declare(wellSpec);
  const { outlook, hash } = await look();
  expect(hash).toBe(numbers.hash);
  expect(outlook?.known === true ? outlook.pastSeconds : 0).toBeGreaterThan(numbers.pastSeconds);
};

describe('a canary', () => {
  test('that is healthy gets all traffic step by step and is promoted; the old version goes when its time is over', async () => {
    const well = dev.service('well');
    await well.under(300, async () => {
      well.release('1.1.0');
      await foresees();
      const { exit } = await sluice(dev.home, ['deploy', 'well', '1.1.0', '--hotfix', 'INC-42', '--wait']);
      expect(exit).toBe(0);
      const [view] = await dev.api.rollouts('well');
      if (view === undefined) throw new Error('There is no rollout.');
      const rolloutId = view.id;
      const [requested] = await dev.api.events(rolloutId);
      expect(requested?.body).toMatchObject({ type: 'requested', hotfix: 'INC-42' });
      expect(view).toMatchObject({
        state: 'succeeded',
        service: 'well',
        version: '1.1.0',
        from: { version: oldVersion },
        cause: null,
        commands: [],
      });
      expect(view.steps.map(({ state }) => state)).toEqual(view.steps.map(() => 'done'));
      // On a busy machine a watch of seconds may see too little: then it goes on, and stands there once more.
      const judged = view.watches.filter(({ verdict }) => verdict?.kind !== 'inconclusive');
      expect(judged.map(({ percent, verdict }) => [percent, verdict?.kind])).toEqual([
        [50, 'pass'],
        [100, 'pass'],
      ]);
      for (const { verdict } of judged) expect(verdict?.canary.requests).toBeGreaterThan(100);
      for (const { verdict } of view.watches) expect(verdict?.recording).toMatch(/^[0-9a-f]{64}$/);

      // Live = replayed, over all watches: the last recording holds the whole rollout.
      const exported = await sluice(dev.home, ['gate', 'export', rolloutId]);
      const hash = createHash('sha256').update(exported.out.trimEnd()).digest('hex');
      expect(hash).toBe(view.watches.at(-1)?.verdict?.recording);
      const again = replay(recordingSchema.parse(JSON.parse(exported.out)));
      const live = [];
      // A wait for metrics that were silent has a number, too, and is not among the watches.
      const last = Math.max(...view.watches.map(({ watch }) => watch));
      for (let watch = 0; watch <= last; watch += 1) live.push(...(await dev.api.samples(rolloutId, watch)));
      // Twenty and more where none is late; on a busy machine some are. What the verdicts counted is all there.
      const counted = view.watches.reduce((sum, { verdict }) => sum + (verdict?.samples.seen ?? 0), 0);
      expect(counted).toBeGreaterThan(10);
      expect(live.length).toBeGreaterThanOrEqual(counted);
      expect(again.records).toEqual(live.map(({ record }) => record));
      const said = view.watches.map(({ verdict }) => verdict);
      expect(again.watches.map(({ verdict }) => verdict)).toEqual(
        said.map((verdict) => {
          const { record, ...rest } = verdict ?? {};
          expect(record).toMatchObject({ verdict: verdict?.kind, sentence: verdict?.sentence });
          return { ...rest, recording: null };
        }),
      );

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
  test('is never promoted: it asks a person, resumes by itself when it is seen, and goes back when told', async () => {
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
      // What can be seen again is no verdict on what could not be seen: that is watched first.
      await dev.api.reaches(rolloutId, 'watching again', ({ watches }) => watches.length > 1);
      const told = (await dev.api.events(rolloutId)).map(({ body }) => body.type);
      expect(told.slice(told.indexOf('verdict'))).toContain('watch-resumed');

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
      expect(view).toMatchObject({ state: 'rolled-back', cause: { by: 'silence' }, recovered: true });
      expect((await forgotten.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
      const types = (await dev.api.events(rolloutId)).map(({ body }) => body.type);
      expect(types).not.toContain('promoted');
    });
  });
});
