import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ServiceSpec } from '../e2e/files.ts';
import { Dev } from '../e2e/dev.ts';
import { oldVersion } from '../e2e/files.ts';
import type { TestService } from '../e2e/test-service.ts';
import { until } from '../e2e/until.ts';

const flag = 'checkout-v2';
const cases: readonly (Omit<ServiceSpec, 'name'> & { readonly name: string })[] = [
  { name: 'recreate', strategy: '{ recreate: { watch: 3s } }' },
  { name: 'rolling', strategy: '{ rolling: { maxSurge: 1, watch: 3s } }', first: { instances: 2 } },
  { name: 'blue-green', strategy: '{ blue-green: { watch: 3s } }' },
  { name: 'canary', steps: [50, 100] },
  {
    name: 'feature-flag',
    strategy: `{ feature-flag: { flag: ${flag}, steps: [100], watch: 3s, deploy: { blue-green: { watch: 3s } } } }`,
    flags: '{ flagd: { file: ./flags.json } }',
  },
];

let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start([...cases, { name: 'stuck', watch: '1h', stuck: '{ after: 2s }' }]);
  const off = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off', targeting: {} };
  writeFileSync(path.join(dev.files.services, 'flags.json'), JSON.stringify({ flags: { [flag]: off } }));
}, 120_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

/** The ledger hears of an end a moment later than who asked, and the lock is free a moment after that. */
const unlocked = async <T>(name: string, ask: () => Promise<T | null>): Promise<T> => {
  await until('all have ended', async () =>
    (await dev.api.rollouts(name)).every(({ endedAt }) => endedAt !== null),
  );
  return until('the lock is free', ask);
};

const begun = (name: string, ask: () => Promise<{ readonly rolloutId: string }>): Promise<string> =>
  unlocked(name, async () => {
    try {
      return (await ask()).rolloutId;
    } catch (error) {
      if (String(error).includes('rollout-locked')) return null;
      throw error;
    }
  });

const deployed = async (service: TestService, version: string, errorRate = 0): Promise<string> => {
  service.release(version, { instances: 2, ...(errorRate === 0 ? {} : { errorRate }) });
  const id = await begun(service.name, () => service.deploy(version));
  return (await service.ends(id)).state;
};

describe.each(cases)('$name: rollback --to', ({ name }) => {
  test('goes further back than the release before; unknown and quarantined ones are refused, and nothing moves', async () => {
    const service = dev.service(name);
    await service.under(150, async () => {
      expect(await deployed(service, '1.1.0')).toBe('succeeded');
      // What a flag has on is turned off before the next code goes dark.
      if (name === 'feature-flag') await flagOff(service);
      expect(await deployed(service, '1.2.0')).toBe('succeeded');

      const to = (version: string) =>
        unlocked(name, async () => {
          const body = { kind: 'rollback', service: name, to: version };
          const problem = await dev.api.refusal({ path: '/v1/rollouts', body });
          return problem.code === 'ROLLOUT_LOCKED' ? null : problem;
        });
      const unknown = await to('9.9.9');
      expect(unknown).toMatchObject({ code: expect.stringMatching(/^(?:ARTIFACT|VERSION)_/) });

      const back = await begun(name, () => rolledBack(service, oldVersion));
      expect(await dev.api.ended(back)).toMatchObject({
        ...{ state: 'succeeded', kind: 'rollback', version: oldVersion, recovered: true },
      });
      const { state } = await service.view();
      expect(state).toMatchObject({ weights: { [oldVersion]: 100 }, stable: oldVersion });

      expect(await deployed(service, '1.3.0', 0.5)).toBe('rolled-back');
      const bad = await to('1.3.0');
      expect(bad).toMatchObject({ code: 'QUARANTINED', hint: expect.stringContaining('quarantine lift') });
      expect((await service.view()).state).toMatchObject({ weights: { [oldVersion]: 100 } });
    });
  });
});

const rolledBack = async (service: TestService, to: string): Promise<{ readonly rolloutId: string }> => {
  const answer = await dev.api.rollback(service.name, to);
  if (answer.outcome === 'accepted') return answer;
  throw new Error(JSON.stringify(answer));
};

const flagOff = async (service: TestService): Promise<void> => {
  const id = await begun(service.name, async () => {
    const body = { kind: 'flag', service: service.name, flag, percent: 0 };
    const { body: answer } = await dev.api.send({ path: '/v1/rollouts', body });
    const { rolloutId } = answer as { readonly rolloutId?: string };
    if (rolloutId === undefined) throw new Error(JSON.stringify(answer));
    return { rolloutId };
  });
  expect(await dev.api.ended(id)).toMatchObject({ state: 'succeeded' });
};

test('a write that is held up is past its time: it says what it waits for, goes back, and never lands after that', async () => {
  const service = dev.service('stuck');
  await service.under(100, async () => {
    service.release('1.1.0');
    await service.fault({ delayNextWriteMs: 8_000, action: 'shift' });
    const { rolloutId } = await service.deploy('1.1.0');
    const view = await dev.api.ended(rolloutId);
    expect(view).toMatchObject({ state: 'rolled-back', cause: { by: 'time' }, recovered: true });
    const events = await dev.api.events(rolloutId);
    expect(events.flatMap(({ body }) => (body.type === 'stuck' ? [body] : []))).toMatchObject([
      { then: 'rollback', sentence: expect.stringContaining('50 %') },
    ]);
    await until('the write that was held up has been judged', async () =>
      (await service.events()).find(({ event }) => event === 'fenced'),
    );
    expect((await service.view()).state).toMatchObject({ weights: { [oldVersion]: 100 } });
  });
});
