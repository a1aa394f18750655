import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stateTable } from '../../runbooks/state.ts';
import type { RolloutView } from '../../src/store/views.ts';
import { Dev } from './dev.ts';
import { oldVersion } from './files.ts';
import type { ServiceSpec } from './files.ts';
import type { TestService } from './test-service.ts';
import { allBack } from './test-service.ts';
import { until } from './until.ts';

const canary = '1.1.0';

/** A moment of a rollout at which it is told to go back. */
type Moment = {
  readonly says: string;
  readonly spec: ServiceSpec;
  /** What the canary's manifest says besides. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Requests per second. */
  readonly rate?: number;
  /** Resolves when the rollout is there. */
  readonly there: (service: TestService, id: string) => Promise<RolloutView>;
};

const stepIs = ({ steps }: RolloutView, kind: string): boolean =>
  steps.some((step) => step.kind === kind && step.state === 'running');

const watches =
  (percent: number) =>
  (service: TestService, id: string): Promise<RolloutView> =>
    service.goesOn(
      id,
      `watching at ${percent} %`,
      ({ state, watches: all }) =>
        state === 'watching' && all.at(-1)?.percent === percent && all.at(-1)?.verdict === null,
    );

const steps = [10, 50, 100];
const moments: readonly Moment[] = [
  {
    says: 'deploying a version that does not become ready',
    spec: { name: 'deploying' },
    manifest: { readyAfterMs: 'never' },
    there: async (service, id) => {
      const running = (view: RolloutView): boolean => stepIs(view, 'deploy');
      await until('the canary stands there', async () => (await service.versions()).includes(canary));
      return dev.api.reaches(id, 'deploying', running);
    },
  },
  {
    says: 'waiting for the answer to a smoke test',
    spec: { name: 'smoking', smoke: '[{ http: { path: /, within: 20s } }]' },
    manifest: { latency: { medianMs: 9_000, p95Ms: 9_000 } },
    there: (_service, id) => dev.api.reaches(id, 'in its smoke tests', (view) => stepIs(view, 'smoke')),
  },
  ...steps.map((percent) => ({
    says: `watching at ${percent} %`,
    spec: { name: `watching-${percent}`, steps },
    there: watches(percent),
  })),
  {
    says: 'held',
    spec: { name: 'held' },
    there: async (service, id) => {
      await watches(50)(service, id);
      await dev.api.say(id, 'hold');
      // Its watch is over, so that nothing but the hold keeps it there.
      const isHeld = ({ state, watches: [first] }: RolloutView): boolean =>
        state === 'held' && first?.verdict !== null;
      return service.goesOn(id, 'held after its watch', isHeld);
    },
  },
  {
    says: 'waiting for a person, because too little was seen',
    spec: { name: 'asking' },
    rate: 20,
    there: (_service, id) => dev.api.reaches(id, 'asking', ({ state }) => state === 'inconclusive'),
  },
];

let dev: Dev;
beforeAll(async () => {
  const others = ['planning', 'ramping', 'promoting', 'rolled'].map((name) => ({ name }));
  const approved = { name: 'approved', approval: '{ by: [managers], expires: 1h }' };
  dev = await Dev.start([...moments.map(({ spec }) => spec), ...others, approved]);
}, 120_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

/** How every aborted rollout ends that has written to the target. */
const expectAborted = async (service: TestService, id: string): Promise<void> => {
  const view = await dev.api.ended(id);
  expect(view).toMatchObject({ state: 'aborted', recovered: true, cause: { by: 'person' } });
  expect(stateTable[view.state].exit).toBe(5);
  expect(view.steps.some(({ state }) => state === 'running')).toBe(false);
  expect((await service.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
  expect((await service.view()).state.stable).toBe(oldVersion);
  expect(await service.versions()).toEqual([oldVersion]);
};

/** The write of that kind that the plane holds back, once it has come in. */
const heldWrite = (service: TestService, kind: 'shift' | 'promote', rolloutId: string) =>
  until(`the plane holds a ${kind} back`, async () =>
    (await service.events()).find(
      (event) => event.event === 'received' && event.action.do === kind && event.rolloutId === rolloutId,
    ),
  );

describe('abort takes all traffic back within 2 s', () => {
  test.each(moments)('while $says', async ({ spec, manifest, rate = 200, there }) => {
    const service = dev.service(spec.name);
    await service.under(rate, async () => {
      service.release(canary, manifest);
      const { rolloutId } = await service.deploy(canary);
      await there(service, rolloutId);
      const commandMs = Date.now();
      const answer = await dev.api.say(rolloutId, 'abort');
      expect(answer).toMatchObject({ outcome: 'done', effect: 'way-back', state: 'rolling-back' });
      expect(await service.trafficBack(canary, commandMs)).toEqual(allBack);
      await expectAborted(service, rolloutId);
    });
  });

  test('while planning, with the target away: nothing has been written', async () => {
    const service = dev.service('planning');
    await service.under(100, async () => {
      service.release(canary);
      await service.fault({ unreachableMs: 600_000 });
      const deploying = dev.api.send({
        path: '/v1/rollouts',
        body: { kind: 'deploy', service: 'planning', version: canary },
      });
      const { id } = await until('the rollout is planning', async () =>
        (await dev.api.rollouts('planning')).find(({ state }) => state === 'planning'),
      );
      expect(await dev.api.say(id, 'abort')).toMatchObject({ outcome: 'done', effect: 'way-back' });
      const view = await dev.api.ended(id);
      expect(view).toMatchObject({ state: 'aborted', steps: [] });
      expect(await deploying).toMatchObject({ status: 422, body: { rolloutId: id } });
      await service.fault({ unreachableMs: 0 });
      const events = await service.events();
      expect(events.some((event) => event.event === 'received' && event.rolloutId === id)).toBe(false);
    });
  });

  test('while waiting for an approval: nothing has been written, and the traffic never left', async () => {
    const service = dev.service('approved');
    await service.under(200, async () => {
      service.release(canary);
      const { rolloutId } = await service.deploy(canary);
      await dev.api.reaches(rolloutId, 'waiting', ({ state }) => state === 'awaiting-approval');
      const commandMs = Date.now();
      const answer = await dev.api.say(rolloutId, 'abort');
      expect(answer).toMatchObject({ outcome: 'done', effect: 'way-back' });
      expect(await service.trafficBack(canary, commandMs)).toEqual(allBack);
      const view = await dev.api.ended(rolloutId);
      expect(view.state).toBe('aborted');
      expect(view.steps.filter(({ state }) => state !== 'pending')).toEqual([]);
      expect(await service.versions()).toEqual([oldVersion]);
      const events = await service.events();
      expect(events.some((event) => event.event === 'received' && event.rolloutId === rolloutId)).toBe(false);
    });
  });

  test.each([
    { kind: 'shift', name: 'ramping' },
    { kind: 'promote', name: 'promoting' },
  ] as const)('while a $kind is under way, which never lands after that', async ({ kind, name }) => {
    const service = dev.service(name);
    await service.under(200, async () => {
      service.release(canary);
      await service.fault({ delayNextWriteMs: 4_000, action: kind });
      const { rolloutId } = await service.deploy(canary);
      if (kind === 'promote') {
        await watches(50)(service, rolloutId);
        await dev.api.say(rolloutId, 'promote');
      }
      const held = await heldWrite(service, kind, rolloutId);
      const commandMs = Date.now();
      const answer = await dev.api.say(rolloutId, 'abort');
      expect(answer).toMatchObject({ outcome: 'done', effect: 'way-back' });
      expect(await service.trafficBack(canary, commandMs)).toEqual(allBack);
      await expectAborted(service, rolloutId);

      const fate = await until('the write that was held back has been judged', async () =>
        (await service.events()).find(
          ({ n, ...event }) => n > held.n && event.event === 'fenced' && event.action.do === kind,
        ),
      );
      expect(fate).toMatchObject({ key: 'key' in held ? held.key : '' });
      // Still so after it, and nothing of that write was ever carried out.
      await expectAborted(service, rolloutId);
      const applied = (await service.events()).filter(
        (event) => event.event === 'applied' && 'key' in held && event.key === held.key,
      );
      expect(applied).toEqual([]);
    });
  });
});

test('rollback said of a service whose rollout runs is that rollout’s way back', async () => {
  const service = dev.service('rolled');
  await service.under(200, async () => {
    service.release(canary);
    const { rolloutId } = await service.deploy(canary);
    await watches(50)(service, rolloutId);
    const commandMs = Date.now();
    const answer = await dev.api.rollback('rolled');
    expect(answer).toMatchObject({ outcome: 'done', effect: 'way-back', rolloutId });
    expect(await service.trafficBack(canary, commandMs)).toEqual(allBack);
    await expectAborted(service, rolloutId);
    expect(await dev.api.rollouts('rolled')).toHaveLength(1);
  });
});
