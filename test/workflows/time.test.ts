import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { makeService } from '../runbooks/make.ts';
import type { PlayedRollout, Script } from './stage.ts';
import { script, statesOf, until, verdict } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

const minute = 60_000;
const hour = 60 * minute;

// A server per test: a rollout that ends while an activity of it waits for its next attempt holds the server's clock
// for whoever comes next.
const stage = stagePerTest();

/** Ms between the rollout's first and last event, on its own clock. */
const lasted = ({ events }: Script): number => {
  const times = events.filter(({ id }) => id.startsWith('rollout/')).map(({ at }) => Date.parse(at));
  return (times.at(-1) ?? 0) - (times[0] ?? 0);
};

describe('time', () => {
  test('the keep workflow takes the old version away after an hour, not before', async () => {
    const play = script();
    await stage().play(play, async (run) => {
      await run.handle.result();
      await run.env.client.workflow.getHandle(`keep/${run.rolloutId}`).result();
    });
    const at = (type: string): number =>
      Date.parse(play.events.find(({ body }) => body.type === type)?.at ?? '');
    expect(at('retired') - at('promoted')).toBeGreaterThanOrEqual(hour);
    expect(play.writes.at(-1)?.action).toEqual({ do: 'retire', version: '2.0.4' });
  });

  test('a watch whose activity is lost ends at its window, inconclusive, and is never promoted', async () => {
    const play = script({
      watches: [
        // Fails on every attempt; a minute apart, because the server skips time only between attempts.
        () => {
          throw ApplicationFailure.create({ message: 'the worker is gone', nextRetryDelay: minute });
        },
      ],
    });
    const result = await stage().play(play, (run) => run.handle.result());
    const took = lasted(play);
    // 15 min of watch, a little patience, 30 min for somebody to answer; then the way back.
    expect(took).toBeGreaterThan(45 * minute);
    expect(took).toBeLessThan(50 * minute);
    expect(result.state).toBe('rolled-back');
    expect(play.writes.some(({ action }) => action.do === 'promote')).toBe(false);
    const said = play.events.flatMap(({ body }) => (body.type === 'verdict' ? [body.verdict] : []));
    expect(said).toMatchObject([{ kind: 'inconclusive', reason: 'no-data' }]);
  });

  test('a hold that nobody resumes ends in the way back after a day', async () => {
    // Said while the smoke tests run, and no longer: a mock that waits holds the server's clock.
    const begun = Promise.withResolvers<undefined>();
    const heard = Promise.withResolvers<undefined>();
    const play = script({
      smoke: async () => {
        begun.resolve(undefined);
        await heard.promise;
      },
    });
    const result = await stage().play(play, async (run) => {
      const end = run.handle.result();
      await Promise.race([begun.promise, end]);
      await run.say('hold').finally(() => heard.resolve(undefined));
      return end;
    });
    expect(lasted(play)).toBeGreaterThanOrEqual(24 * hour);
    expect(lasted(play)).toBeLessThan(25 * hour);
    expect(result.state).toBe('rolled-back');
    expect(result.sentence).toContain('Held for 24 h');
    expect(statesOf(play)).toContain('held');
    expect(play.state.weights).toEqual({ '2.0.4': 100 });
  });

  test('silence that nobody answers goes back after half an hour; an answer in time goes on', async () => {
    const asked = script({ watches: [verdict('inconclusive', 'too-little-traffic'), verdict('pass')] });
    const result = await stage().play(asked, async (run) => {
      await until(run, 'inconclusive');
      await run.say('accept');
      return run.handle.result();
    });
    expect(result.state).toBe('succeeded');
  });

  test('the file can have a watch extended once before anybody is asked', async () => {
    const service = makeService();
    const production = service.environments['production'];
    if (production === undefined) throw new Error('no production');
    const extending = {
      ...service,
      environments: {
        production: {
          ...production,
          gates: { ...production.gates, onInconclusive: { extend: 5 * minute, then: 'rollback' as const } },
        },
      },
    };
    const play = script({ watches: [verdict('inconclusive', 'looks-bad')] });
    const result = await stage().play(play, (run) => run.handle.result(), { service: extending });
    expect(result.state).toBe('rolled-back');
    const lengths = play.watched.map(({ startsAt, endsAt }) => Date.parse(endsAt) - Date.parse(startsAt));
    expect(lengths).toEqual([15 * minute, 5 * minute]);
  });

  const promoting = () => {
    const service = makeService();
    const production = service.environments['production'];
    if (production === undefined) throw new Error('no production');
    const promote = { extend: 0, then: 'promote' as const, because: 'nobody buys at night' };
    const gates = { ...production.gates, onInconclusive: promote };
    return { service: { ...service, environments: { production: { ...production, gates } } } };
  };

  test('the file can let a release go on for want of traffic', async () => {
    const quiet = script({ watches: [verdict('inconclusive', 'too-little-traffic')] });
    const result = await stage().play(quiet, (run) => run.handle.result(), promoting());
    expect(result.state).toBe('succeeded');
    expect(statesOf(quiet)).not.toContain('inconclusive');
    const found = quiet.events.flatMap(({ body }) => (body.type === 'step-done' ? [body.found] : []));
    expect(found).toContainEqual(expect.stringContaining('as the file says (nobody buys at night)'));
  });

  test('and for nothing else: a person is asked about what looks bad', async () => {
    const doubtful = script({ watches: [verdict('inconclusive', 'looks-bad'), verdict('pass')] });
    const accept = async (run: PlayedRollout) => {
      await until(run, 'inconclusive');
      await run.say('accept');
      return run.handle.result();
    };
    expect((await stage().play(doubtful, accept, promoting())).state).toBe('succeeded');
  });
});
