import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { makeService } from '../runbooks/make.ts';
import type { PlayedRollout, Script } from './stage.ts';
import { script, Stage, verdict } from './stage.ts';

const minute = 60_000;
const hour = 60 * minute;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
}, 60_000);
afterAll(async () => {
  await stage.close();
});

/** Resolves once the rollout says that it is in that state. */
const until = async (run: PlayedRollout, state: string): Promise<void> => {
  for (;;) {
    if ((await run.handle.query<{ readonly state: string }>('status')).state === state) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

/** Ms between the rollout's first and last event, on its own clock. */
const lasted = ({ events }: Script): number => {
  const times = events.filter(({ id }) => id.startsWith('rollout/')).map(({ at }) => Date.parse(at));
  return (times.at(-1) ?? 0) - (times[0] ?? 0);
};

describe('forward', () => {
  test('a healthy canary goes all the way, watch by watch, and is promoted', async () => {
    const play = script();
    const result = await stage.play(play, (run) => run.handle.result());
    expect(result.state).toBe('succeeded');
    expect(play.writes.map(({ action }) => action)).toMatchObject([
      { do: 'deploy' },
      { do: 'shift', weights: { '2.1.0': 10, '2.0.4': 90 } },
      { do: 'shift', weights: { '2.1.0': 50, '2.0.4': 50 } },
      { do: 'shift', weights: { '2.1.0': 90, '2.0.4': 10 } },
      { do: 'shift', weights: { '2.1.0': 100 } },
      { do: 'promote', version: '2.1.0' },
    ]);
    expect(play.watched).toHaveLength(3);
    for (const { startsAt, endsAt } of play.watched) {
      expect(Date.parse(endsAt) - Date.parse(startsAt)).toBe(15 * minute);
    }
    const fences = play.writes.map(({ fence }) => fence);
    expect(fences).toEqual([...fences].sort((a, b) => a - b));
    expect(new Set(fences).size).toBe(fences.length);
  });

  test('the keep workflow takes the old version away after an hour, not before', async () => {
    const play = script();
    await stage.play(play, async (run) => {
      await run.handle.result();
      await run.env.client.workflow.getHandle(`keep/${run.rolloutId}`).result();
    });
    const at = (type: string): number =>
      Date.parse(play.events.find(({ body }) => body.type === type)?.at ?? '');
    expect(at('retired') - at('promoted')).toBeGreaterThanOrEqual(hour);
    expect(play.writes.at(-1)?.action).toEqual({ do: 'retire', version: '2.0.4' });
  });

  test('what can not be planned is refused and nothing is written', async () => {
    const play = script();
    const result = await stage.play(play, (run) => run.handle.result(), { input: { version: '2.0.4' } });
    expect(result.state).toBe('refused');
    expect(play.writes).toEqual([]);
  });
});

describe('the way back', () => {
  const weights = (play: ReturnType<typeof script>) => play.state.weights;

  test('a breach takes the traffic back and removes the canary', async () => {
    const play = script({ watches: [verdict('pass'), verdict('breach', 'errors_vs_limit')] });
    const result = await stage.play(play, (run) => run.handle.result());
    expect(result.state).toBe('rolled-back');
    expect(weights(play)).toEqual({ '2.0.4': 100 });
    expect(play.state.groups.map(({ version }) => version)).toEqual(['2.0.4']);
    const back = play.writes.slice(-2).map(({ action }) => action.do);
    expect(back).toEqual(['shift', 'retire']);
  });

  test('a version that never becomes ready is taken away again', async () => {
    const ready = (): never => {
      throw ApplicationFailure.nonRetryable('2.1.0: 0 of 2 instances ready after 120 s.', 'NOT_READY');
    };
    const play = script({ ready });
    const result = await stage.play(play, (run) => run.handle.result());
    expect(result.state).toBe('rolled-back');
    expect(result.sentence).toContain('0 of 2 instances ready');
    expect(play.state.groups.map(({ version }) => version)).toEqual(['2.0.4']);
  });

  test('a way back that is refused stays open until a person retries, then ends', async () => {
    let refuse = true;
    const play = script({
      watches: [verdict('breach')],
      beforeWrite: ({ key }) => {
        if (refuse && key.includes('/back/')) throw ApplicationFailure.nonRetryable('no', 'TARGET_REFUSED');
      },
    });
    const result = await stage.play(play, async (run) => {
      await until(run, 'rollback-failed');
      await expect(run.say('hold')).rejects.toThrow();
      refuse = false;
      await run.say('retry');
      return run.handle.result();
    });
    expect(result.state).toBe('rolled-back');
    expect(weights(play)).toEqual({ '2.0.4': 100 });
    const failed = play.events.find(({ body }) => body.type === 'way-back-failed')?.body;
    expect(failed).toMatchObject({ problem: { code: 'TARGET_REFUSED' } });
    expect(JSON.stringify(failed)).toContain('curl');
  });

  test('a person who takes over ends it as rolled back by hand', async () => {
    const play = script({
      watches: [verdict('breach')],
      beforeWrite: ({ key }) => {
        if (key.includes('/back/')) throw ApplicationFailure.nonRetryable('no', 'TARGET_REFUSED');
      },
    });
    const result = await stage.play(play, async (run) => {
      await until(run, 'rollback-failed');
      await run.say('take-over');
      return run.handle.result();
    });
    expect(result.state).toBe('rolled-back-by-hand');
  });

  test('a cancel in Temporal is an abort', async () => {
    const held = script({ watches: [verdict('inconclusive', 'no-data')] });
    const result = await stage.play(held, async (run) => {
      await until(run, 'inconclusive');
      await run.handle.cancel();
      return run.handle.result();
    });
    expect(result.state).toBe('aborted');
    expect(weights(held)).toEqual({ '2.0.4': 100 });
  });
});

describe('time', () => {
  test('a watch whose activity is lost ends at its window, inconclusive, and is never promoted', async () => {
    const play = script({
      watches: [
        // Fails on every attempt; a minute apart, because the server skips time only between attempts.
        () => {
          throw ApplicationFailure.create({ message: 'the worker is gone', nextRetryDelay: minute });
        },
      ],
    });
    const result = await stage.play(play, (run) => run.handle.result());
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
    let hold: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      hold = resolve;
    });
    const play = script({
      watches: [
        async () => {
          await held;
          return verdict('pass');
        },
        verdict('pass'),
      ],
    });
    const result = await stage.play(play, async (run) => {
      await until(run, 'watching');
      await run.say('hold');
      hold();
      return run.handle.result();
    });
    expect(lasted(play)).toBeGreaterThanOrEqual(24 * hour);
    expect(lasted(play)).toBeLessThan(25 * hour);
    expect(result.state).toBe('rolled-back');
    expect(result.sentence).toContain('Held for 24 h');
    expect(play.state.weights).toEqual({ '2.0.4': 100 });
  });

  test('silence that nobody answers goes back after half an hour; an answer in time goes on', async () => {
    const asked = script({ watches: [verdict('inconclusive', 'too-little-traffic'), verdict('pass')] });
    const result = await stage.play(asked, async (run) => {
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
    const result = await stage.play(play, (run) => run.handle.result(), { service: extending });
    expect(result.state).toBe('rolled-back');
    const lengths = play.watched.map(({ startsAt, endsAt }) => Date.parse(endsAt) - Date.parse(startsAt));
    expect(lengths).toEqual([15 * minute, 5 * minute]);
  });
});
