import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import type { rollout } from '../../workflows/rollout.ts';
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

describe('Slack and PagerDuty that hang', () => {
  test('hold every slot of what is told, and a rollback runs as if they were not there', async () => {
    const slots = 2;
    const released = Promise.withResolvers<null>();
    const hanging = { now: 0, most: 0 };
    const hang = async (): Promise<void> => {
      hanging.now += 1;
      hanging.most = Math.max(hanging.most, hanging.now);
      await released.promise;
      hanging.now -= 1;
    };
    const play = script({ tellSlots: slots, watches: [verdict('breach')], page: hang, announce: hang });
    const service = onCall();
    const { production } = service.environments;
    if (production === undefined) throw new Error('no production');
    const told = { ...production, slack: { channel: '#deploys' } };
    await stage().play(
      play,
      async (run) => {
        try {
          expect((await run.handle.result()).state).toBe('rolled-back');
          // The page of the breach and the message: nothing else of it could be told.
          while (hanging.now < slots) await new Promise((resolve) => setTimeout(resolve, 25));
          expect(play.state.weights).toEqual({ '2.0.4': 100 });
          expect(play.paged).toEqual([]);
          expect(play.announced).toEqual([]);
          // Another one begins and ends while all of them hang still.
          const id = 'rollback-beside';
          const { input } = run;
          const beside = await run.env.client.workflow.start<typeof rollout>('rollout', {
            workflowId: `rollout/production/${id}`,
            taskQueue: input.settings.queues.main,
            args: [{ ...input, rolloutId: id, kind: 'rollback', version: null }],
          });
          play.state = { ...play.state, weights: { '2.1.0': 100 }, stable: '2.1.0' };
          expect((await beside.result()).state).toBe('succeeded');
          expect(play.state.weights).toEqual({ '2.0.4': 100 });
          expect(hanging).toEqual({ now: slots, most: slots });
        } finally {
          released.resolve(null);
        }
        await delivered(run);
        await run.env.client.workflow.getHandle('deliver/rollback-beside').result();
      },
      { service: { ...service, environments: { production: told } } },
    );
    expect(orders(play)).toEqual(['trigger error', 'resolve']);
  });
});
