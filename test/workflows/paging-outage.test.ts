import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { delivered, onCall, orders, pageEvents } from './paging-play.ts';
import type { Script } from './stage.ts';
import { script, verdict } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

const minute = 60_000;
const hour = 60 * minute;

// A server per test: an activity that waits for its next attempt holds the server's clock for whoever comes next.
const stage = stagePerTest();

/** Ms from the rollout's first event to its last, on its own clock. */
const lastedMs = ({ events }: Script): number => {
  const times = events.filter(({ id }) => id.startsWith('rollout/')).map(({ at }) => Date.parse(at));
  return (times.at(-1) ?? 0) - (times[0] ?? 0);
};

describe('PagerDuty away for hours', () => {
  test('the way back takes no longer, people hear that the page is late, and it comes: once, then its resolve', async () => {
    let away = true;
    const play = script({
      watches: [verdict('breach')],
      page: () => {
        if (!away) return;
        // Minutes apart: the server skips time only between attempts.
        throw ApplicationFailure.create({
          message: 'PagerDuty answers 503.',
          type: 'PAGER_UNAVAILABLE',
          nextRetryDelay: 5 * minute,
        });
      },
    });
    await stage().play(
      play,
      async (run) => {
        expect((await run.handle.result()).state).toBe('rolled-back');
        const took = lastedMs(play);
        // The mock's watch ends at once: nothing of PagerDuty's hours is in the rollout's time.
        expect(took).toBeLessThan(minute);
        expect(orders(play)).toEqual([]);
        await run.env.sleep(3 * hour);
        expect(pageEvents(play)).toEqual(['page-late trigger']);
        away = false;
        await delivered(run);
      },
      { service: onCall() },
    );
    expect(orders(play)).toEqual(['trigger error', 'resolve']);
    expect(pageEvents(play)).toEqual(['page-late trigger', 'page-sent trigger', 'page-sent resolve']);
    const late = play.events.find(({ body }) => body.type === 'page-late')?.body;
    expect(late).toMatchObject({ problem: { code: 'PAGER_UNAVAILABLE', message: 'PagerDuty answers 503.' } });
    const sent = play.events.find(({ body }) => body.type === 'page-sent')?.body;
    expect(sent?.type === 'page-sent' ? sent.waitedMs : 0).toBeGreaterThanOrEqual(3 * hour);
  });

  test('a key that PagerDuty does not know is told once and not tried again; what follows is tried', async () => {
    const play = script({
      watches: [verdict('breach')],
      page: ({ order }) => {
        if (order.do === 'trigger') throw ApplicationFailure.nonRetryable('wrong key', 'PAGER_REFUSED');
      },
    });
    await stage().play(
      play,
      async (run) => {
        await run.handle.result();
        await delivered(run);
      },
      { service: onCall() },
    );
    expect(pageEvents(play)).toEqual(['page-failed trigger', 'page-sent resolve']);
  });
});
