import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { script, until, verdict } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

const minute = 60_000;

const stage = stagePerTest();

describe('forward', () => {
  test('a healthy canary goes all the way, watch by watch, and is promoted', async () => {
    const play = script();
    const result = await stage().play(play, (run) => run.handle.result());
    expect(result.state).toBe('succeeded');
    // The clock, which skips, may have come to the end of the old version by now.
    const forward = play.writes.filter(({ action }) => action.do !== 'retire');
    expect(forward.map(({ action }) => action)).toMatchObject([
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

  test('what can not be planned is refused and nothing is written', async () => {
    const play = script();
    const result = await stage().play(play, (run) => run.handle.result(), { input: { version: '2.0.4' } });
    expect(result.state).toBe('refused');
    expect(play.writes).toEqual([]);
  });
});

describe('the way back', () => {
  const weights = (play: ReturnType<typeof script>) => play.state.weights;

  test('a breach takes the traffic back and removes the canary', async () => {
    const play = script({ watches: [verdict('pass'), verdict('breach', 'errors_vs_limit')] });
    const result = await stage().play(play, (run) => run.handle.result());
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
    const result = await stage().play(play, (run) => run.handle.result());
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
    const result = await stage().play(play, async (run) => {
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
    const result = await stage().play(play, async (run) => {
      await until(run, 'rollback-failed');
      await run.say('take-over');
      return run.handle.result();
    });
    expect(result.state).toBe('rolled-back-by-hand');
  });

  test('traffic that break-glass has moved back is found there: rolled back by hand', async () => {
    const play = script({
      watches: [verdict('breach')],
      beforeWrite: ({ key }) => {
        if (!key.includes('/back/')) return;
        play.state = { ...play.state, weights: { '2.0.4': 100 } };
        throw ApplicationFailure.nonRetryable('a newer write was made since', 'TARGET_FENCED');
      },
    });
    const result = await stage().play(play, (run) => run.handle.result());
    expect(result.state).toBe('rolled-back-by-hand');
    expect(result.sentence).toContain('by hand');
    expect(play.events.some(({ body }) => body.type === 'way-back-failed')).toBe(false);
  });

  test('a fence that left the traffic elsewhere is no way back: a person decides', async () => {
    const play = script({
      watches: [verdict('breach')],
      beforeWrite: ({ key }) => {
        if (key.includes('/back/')) throw ApplicationFailure.nonRetryable('newer', 'TARGET_FENCED');
      },
    });
    await stage().play(play, async (run) => {
      await until(run, 'rollback-failed');
    });
  });

  test('a cancel in Temporal is an abort', async () => {
    const held = script({ watches: [verdict('inconclusive', 'no-data')] });
    const result = await stage().play(held, async (run) => {
      await until(run, 'inconclusive');
      await run.handle.cancel();
      return run.handle.result();
    });
    expect(result.state).toBe('aborted');
    expect(weights(held)).toEqual({ '2.0.4': 100 });
  });
});
