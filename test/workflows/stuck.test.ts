import { expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import type { EventBody, EventType } from '../../runbooks/events.ts';
import type { StuckPolicy } from '../../runbooks/stuck.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import type { RolloutStatus } from '../../workflows/messages.ts';
import { makeService } from '../runbooks/make.ts';
import type { PlayedRollout, Script } from './stage.ts';
import { script, statesOf, verdict } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

const second = 1000;

// A server per test: a rollout that ends while an activity of it waits for its next attempt holds the server's clock
// for whoever comes next.
const stage = stagePerTest();

/** The target does not answer; asked again so much later, because the server skips time only between attempts. */
const away = (nextRetryDelay: number): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'TARGET_UNAVAILABLE',
    message: 'The socket of the target does not answer.',
    nextRetryDelay,
  });

type Of<T extends EventType> = Extract<EventBody, { readonly type: T }>;
const isOf = <T extends EventType>(body: EventBody, type: T): body is Of<T> => body.type === type;

/** What the ledger was told of that kind; `atMs` on the rollout's clock. */
const eventsOf = <T extends EventType>(
  { events }: Script,
  type: T,
): readonly (Of<T> & { readonly atMs: number })[] =>
  events.flatMap(({ body, at }) => (isOf(body, type) ? [{ ...body, atMs: Date.parse(at) }] : []));

const withPolicy = (then: StuckPolicy['then']): ServiceFile => {
  const service = makeService();
  const { production } = service.environments;
  if (production === undefined) throw new Error('no production');
  return { ...service, environments: { production: { ...production, stuck: { after: 40 * second, then } } } };
};

test('a step past its time says what it waits for, with the last error, and is taken back', async () => {
  const play = script({
    beforeWrite: ({ action, key }) => {
      if (action.do === 'shift' && key.endsWith('/forward')) throw away(20 * second);
    },
  });
  const result = await stage().play(play, (run) => run.handle.result());
  const [told] = eventsOf(play, 'stuck');
  expect(told).toMatchObject({ then: 'rollback', step: 3 });
  expect(told?.sentence).toMatch(
    /^10 % to 2\.1\.0 is not done after 1 min 30 s: it waits for the target\. "shift" is in its try \d+; the last one: The socket of the target does not answer\.$/,
  );
  expect(result.state).toBe('rolled-back');
  expect(result.sentence).toContain(told?.sentence);
  expect(eventsOf(play, 'way-back')).toMatchObject([{ cause: { by: 'time', step: 3 } }]);
  // By its own tries it would have failed after two minutes.
  const begun = play.events.find(({ body }) => body.type === 'step-started' && body.step === 3);
  const waited = (told?.atMs ?? 0) - Date.parse(begun?.at ?? '');
  expect(waited).toBeGreaterThanOrEqual(90 * second);
  expect(waited).toBeLessThan(115 * second);
  expect(play.state.weights).toEqual({ '2.0.4': 100 });
});

test('the file can have somebody paged instead: the status says what is stuck, and it goes on when it can', async () => {
  const playing = Promise.withResolvers<PlayedRollout>();
  const shown: RolloutStatus[] = [];
  let tries = 0;
  const play = script({
    beforeWrite: async ({ action }) => {
      if (action.do !== 'shift' || action.weights['2.1.0'] !== 10) return;
      tries += 1;
      const { handle } = await playing.promise;
      shown.push(await handle.query<RolloutStatus>('status'));
      if (tries < 5) throw away(20 * second);
    },
  });
  const result = await stage().play(
    play,
    async (run) => {
      playing.resolve(run);
      const end = await run.handle.result();
      expect((await run.handle.query<RolloutStatus>('status')).stuck).toBeNull();
      return end;
    },
    { service: withPolicy('page') },
  );
  expect(result.state).toBe('succeeded');
  expect(eventsOf(play, 'stuck')).toMatchObject([{ then: 'page', step: 3 }]);
  expect(shown.map(({ stuck }) => stuck !== null)).toEqual([false, false, expect.any(Boolean), true, true]);
  expect(shown.at(-1)?.stuck).toContain('is not done after 40 s: it waits for the target.');
});

test('a way back that fails for now is handed over, and tried again by itself', async () => {
  const play = script({
    watches: [verdict('breach')],
    beforeWrite: ({ action, key }) => {
      if (action.do === 'shift' && key.includes('/back/') && !/\/back\/[3-9]$/.test(key))
        throw away(20 * second);
    },
  });
  const result = await stage().play(play, (run) => run.handle.result());
  expect(result.state).toBe('rolled-back');
  expect(play.state.weights).toEqual({ '2.0.4': 100 });
  expect(eventsOf(play, 'stuck')).toMatchObject([{ step: null, then: 'told' }]);
  const failed = eventsOf(play, 'way-back-failed');
  expect(failed).toMatchObject([{ problem: { code: 'TARGET_UNAVAILABLE' } }]);
  expect(failed[0]?.byHand[0]).toContain('"weights":{"2.0.4":100}');
  const waits = eventsOf(play, 'state').filter(
    ({ state, until: ends }) => state === 'rollback-failed' && ends !== null,
  );
  expect(waits.map(({ atMs, until: ends }) => Math.round((Date.parse(ends ?? '') - atMs) / second))).toEqual([
    15, 30, 60,
  ]);
  expect(statesOf(play).slice(-2)).toEqual(['rollback-failed', 'rolled-back']);
});

test('what a person says while it is being tried again counts', async () => {
  const begun = Promise.withResolvers<undefined>();
  const heard = Promise.withResolvers<undefined>();
  const play = script({
    watches: [verdict('breach')],
    beforeWrite: async ({ action, key }) => {
      if (action.do !== 'shift' || !key.includes('/back/')) return;
      if (key.endsWith('/back/1')) {
        begun.resolve(undefined);
        // While a write is under way the server's clock stands still.
        await heard.promise;
      }
      throw away(20 * second);
    },
  });
  const result = await stage().play(play, async (run) => {
    const end = run.handle.result();
    await Promise.race([begun.promise, end]);
    const said = await run.say('take-over').finally(() => heard.resolve(undefined));
    expect(said).toMatchObject({ effect: 'take-over' });
    return end;
  });
  expect(result.state).toBe('rolled-back-by-hand');
});

test('a rollback that is stuck can only be told, and is tried again by itself', async () => {
  let tries = 0;
  const play = script({
    beforeWrite: ({ action }) => {
      if (action.do === 'shift' && (tries += 1) < 10) throw away(20 * second);
    },
  });
  play.state = { ...play.state, weights: { '2.1.0': 100 }, stable: '2.1.0', groups: [...play.state.groups] };
  const result = await stage().play(play, (run) => run.handle.result(), {
    input: { kind: 'rollback', version: null },
  });
  expect(result).toMatchObject({ state: 'succeeded' });
  expect(eventsOf(play, 'stuck')[0]).toMatchObject({ then: 'told' });
  expect(eventsOf(play, 'way-back-failed')).toMatchObject([{ problem: { code: 'TARGET_UNAVAILABLE' } }]);
  expect(play.state.weights).toEqual({ '2.0.4': 100 });
});
