import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import type { Group } from '../../runbooks/runbook.ts';
import { digest, makeService, makeState } from '../runbooks/make.ts';
import type { PlayedRollout, Script } from './stage.ts';
import { script, verdict } from './stage.ts';
import { stageOfAll } from './stage-hooks.ts';

const stage = stageOfAll();

const old: Group = { version: '2.0.4', digest: digest('a'), instances: 3, ready: 3 };
const strategies = {
  recreate: { recreate: {} },
  rolling: { rolling: { maxSurge: 1 } },
  'blue-green': { 'blue-green': {} },
} as const;
type Name = keyof typeof strategies;
const names: readonly Name[] = ['recreate', 'rolling', 'blue-green'];

const play = (name: Name, changes: Partial<Script>, during?: (run: PlayedRollout) => Promise<unknown>) => {
  const played = script({ state: makeState(old), ...changes });
  const service = makeService({ strategy: strategies[name] });
  return stage()
    .play(
      played,
      async (run) => {
        await during?.(run);
        return run.handle.result();
      },
      { service },
    )
    .then((result) => ({ result, played }));
};

/** As before anything began: the traffic, the promoted version, and as many instances. */
const expectBack = ({ state }: Script): void => {
  expect(state.groups).toEqual([old]);
  expect(state).toMatchObject({ weights: { '2.0.4': 100 }, stable: '2.0.4' });
};

describe.each(names)('%s', (name) => {
  test('that is healthy ends with as many instances of the new version and all traffic on it', async () => {
    const { result, played } = await play(name, {});
    expect(result.state).toBe('succeeded');
    expect(played.state).toMatchObject({ weights: { '2.1.0': 100 }, stable: '2.1.0' });
    const fences = played.writes.map(({ fence }) => fence);
    expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
  });

  test('goes back from a breach', async () => {
    const { result, played } = await play(name, { watches: [verdict('breach', 'errors_vs_limit')] });
    expect(result.state).toBe('rolled-back');
    expectBack(played);
    expect(played.events.filter(({ body }) => body.type === 'traffic-back')).toHaveLength(1);
  });

  test('goes back from a version that does not become ready', async () => {
    let tries = 0;
    const ready = (): void => {
      // The first is the new version's; the way back waits for the old one.
      tries += 1;
      if (tries === 1) throw ApplicationFailure.nonRetryable('0 of 3 instances ready', 'NOT_READY');
    };
    const { result, played } = await play(name, { ready });
    expect(result).toMatchObject({ state: 'rolled-back' });
    expectBack(played);
  });

  test('goes back from a smoke test that fails', async () => {
    const smoke = (): never => {
      throw ApplicationFailure.nonRetryable('GET /healthz answered 500', 'SMOKE_FAILED');
    };
    const { result, played } = await play(name, { smoke });
    expect(result.state).toBe('rolled-back');
    expectBack(played);
  });

  test('goes back from an abort in any of its steps', async () => {
    const plan = await play(name, {});
    const writes = plan.played.writes.filter(({ key }) => key.endsWith('/forward')).length;
    expect(writes).toBeGreaterThan(2);
    for (let at = 1; at <= writes; at += 1) {
      let seen = 0;
      const arrived = Promise.withResolvers<undefined>();
      const aborted = Promise.withResolvers<undefined>();
      const { result, played } = await play(
        name,
        {
          beforeWrite: async ({ key }) => {
            if (!key.endsWith('/forward')) return;
            seen += 1;
            if (seen !== at) return;
            arrived.resolve(undefined);
            // The write is under way when the abort comes; like any late one at a target with a fence it is refused.
            await aborted.promise;
            throw ApplicationFailure.nonRetryable('a newer write was made since', 'TARGET_FENCED');
          },
        },
        async (run) => {
          await arrived.promise;
          await run.say('abort');
          aborted.resolve(undefined);
        },
      );
      expect([at, result.state]).toEqual([at, 'aborted']);
      expectBack(played);
    }
  });
});

test('rolling goes back to instances that answer, even where not all of them come back', async () => {
  let tries = 0;
  const { result, played } = await play('rolling', {
    watches: [verdict('breach')],
    ready: () => {
      tries += 1;
      if (tries > 3) throw ApplicationFailure.nonRetryable('2 of 3 instances ready', 'NOT_READY');
    },
  });
  expect(result.state).toBe('rolled-back');
  expectBack(played);
});

describe('a flag', () => {
  const service = makeService({
    strategy: { 'feature-flag': { flag: 'checkout-v2', deploy: { 'blue-green': {} } } },
  });
  const flags = ({ writes }: Script): readonly number[] =>
    writes.flatMap(({ action }) => (action.do === 'flag' ? [action.percent] : []));
  const playFlag = async (changes: Partial<Script>, during?: (run: PlayedRollout) => Promise<unknown>) => {
    const played = script({ state: makeState(old), ...changes });
    const result = await stage().play(
      played,
      async (run) => {
        await during?.(run);
        return run.handle.result();
      },
      { service },
    );
    return { result, played };
  };

  test('is ramped after the code has been promoted dark', async () => {
    const { result, played } = await playFlag({});
    expect(result.state).toBe('succeeded');
    expect(flags(played)).toEqual([1, 10, 50, 100]);
    expect(played.writes.findIndex(({ action }) => action.do === 'promote')).toBeLessThan(
      played.writes.findIndex(({ action }) => action.do === 'flag'),
    );
  });

  test('goes off in one call when a watch of it is breached, and the code stays and is kept', async () => {
    const { result, played } = await playFlag({
      watches: [verdict('pass'), verdict('pass'), verdict('breach', 'errors_vs_limit')],
    });
    expect(result.state).toBe('rolled-back');
    expect(flags(played)).toEqual([1, 10, 0]);
    expect(played.state).toMatchObject({ weights: { '2.1.0': 100 }, stable: '2.1.0' });
    expect(played.writes.filter(({ key }) => key.includes('/back/'))).toHaveLength(1);
    expect(played.events.filter(({ body }) => body.type === 'traffic-back')).toHaveLength(1);
  });

  test('that has not been shown to anybody is left alone: the deploy goes back as any', async () => {
    const { result, played } = await playFlag({ watches: [verdict('breach')] });
    expect(result.state).toBe('rolled-back');
    expect(flags(played)).toEqual([]);
    expectBack(played);
  });
});
