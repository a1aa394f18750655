import { expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { delivered, onCall, orders, pageEvents } from './paging-play.ts';
import type { Script } from './stage.ts';
import { script, statesOf, verdict } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

const minute = 60_000;

const stage = stagePerTest();

/** Ms from the rollout's first event to its last, on its own clock. */
const lastedMs = ({ events }: Script): number => {
  const times = events.filter(({ id }) => id.startsWith('rollout/')).map(({ at }) => Date.parse(at));
  return (times.at(-1) ?? 0) - (times[0] ?? 0);
};

test('Slack and PagerDuty away for five minutes: nothing of them is in the rollout’s time, and then everything is told once, in order', async () => {
  let away = true;
  const refuse = (type: string): void => {
    if (!away) return;
    // Minutes apart: the server skips time only between attempts.
    throw ApplicationFailure.create({ message: `${type}: 503`, type, nextRetryDelay: 2 * minute });
  };
  const play = script({
    watches: [verdict('breach')],
    page: () => refuse('PAGER_UNAVAILABLE'),
    announce: () => refuse('SLACK_UNAVAILABLE'),
  });
  const service = onCall();
  const { production } = service.environments;
  if (production === undefined) throw new Error('no production');
  await stage().play(
    play,
    async (run) => {
      expect((await run.handle.result()).state).toBe('rolled-back');
      // The mock's watch ends at once: whatever is more would be a wait for one of the two.
      expect(lastedMs(play)).toBeLessThan(minute);
      expect([orders(play), play.announced]).toEqual([[], []]);
      await run.env.sleep(5 * minute);
      expect(pageEvents(play)).toEqual(['page-late trigger']);
      away = false;
      await delivered(run);
    },
    {
      service: {
        ...service,
        environments: { production: { ...production, slack: { channel: 'C0DEPLOYS' } } },
      },
    },
  );
  expect(orders(play)).toEqual(['trigger error', 'resolve']);
  expect(pageEvents(play)).toEqual(['page-late trigger', 'page-sent trigger', 'page-sent resolve']);

  // The message has come to the end that the ledger has, and its thread gets every event once, in the ledger's order.
  const last = play.announced.findLast(({ news }) => news.some(({ id }) => id.startsWith('rollout/')));
  expect(last).toMatchObject({ state: 'rolled-back', last: true });
  expect(statesOf(play).at(-1)).toBe('rolled-back');
  const told = play.announced.flatMap(({ news }) => news.map(({ id }) => id));
  expect(new Set(told).size).toBe(told.length);
  const own = (ids: readonly string[], source: string) => ids.filter((id) => id.startsWith(source));
  const written = play.events.map(({ id }) => id);
  for (const source of ['rollout/', 'deliver/']) expect(own(told, source)).toEqual(own(written, source));
  const revisions = play.announced.map(({ revision }) => revision);
  expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
});
