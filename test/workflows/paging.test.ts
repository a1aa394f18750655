import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { acknowledgeSignal } from '../../workflows/delivery-messages.ts';
import { delivered, onCall, orders, pageEvents } from './paging-play.ts';
import type { Script } from './stage.ts';
import { operator, script, until, verdict } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

const stage = stagePerTest();

const changes = ({ changes: all }: Script): readonly string[] => all.map(({ facts }) => facts.what);
const refusing = (away: (key: string) => boolean) => ({
  beforeWrite: ({ key }: { readonly key: string }): void => {
    if (away(key)) throw ApplicationFailure.nonRetryable('the target said no', 'TARGET_REFUSED');
  },
});

describe('who is paged', () => {
  test('a breach is one incident, error, resolved once the way back is verified', async () => {
    const play = script({ watches: [verdict('pass'), verdict('breach', 'errors_vs_limit')] });
    await stage().play(
      play,
      async (run) => {
        expect((await run.handle.result()).state).toBe('rolled-back');
        await delivered(run);
      },
      { service: onCall() },
    );
    expect(orders(play)).toEqual(['trigger error', 'resolve']);
    const [first] = play.paged;
    expect(first?.order.incident).toMatch(/^sluice\/production\/shop\/rollout-\d+$/);
    expect(new Set(play.paged.map(({ order }) => order.incident)).size).toBe(1);
    expect(changes(play)).toEqual([
      'shop 2.0.4 → 2.1.0 in production: started',
      'shop 2.0.4 → 2.1.0 in production: goes back to 2.0.4',
    ]);
    expect(pageEvents(play)).toEqual(['page-sent trigger', 'page-sent resolve']);
  });

  test('a rollout that succeeds wakes nobody, and tells what changed', async () => {
    const play = script();
    await stage().play(
      play,
      async (run) => {
        await run.handle.result();
        await delivered(run);
      },
      { service: onCall() },
    );
    expect(orders(play)).toEqual([]);
    expect(changes(play).map((each) => each.split(': ')[1])).toEqual(['started', 'promoted', 'done']);
  });

  test('without a page block there is no delivery at all', async () => {
    const play = script({ watches: [verdict('breach')] });
    await stage().play(play, async (run) => {
      await run.handle.result();
      await expect(delivered(run)).rejects.toThrow(/not found/i);
    });
    expect(orders(play)).toEqual([]);
  });

  test('a way back that fails is critical; it is resolved when a retry ends well', async () => {
    let refuse = true;
    const play = script({
      watches: [verdict('breach')],
      ...refusing((key) => refuse && key.includes('/back/')),
    });
    await stage().play(
      play,
      async (run) => {
        await until(run, 'rollback-failed');
        refuse = false;
        await run.say('retry');
        await run.handle.result();
        await delivered(run);
      },
      { service: onCall() },
    );
    expect(orders(play)).toEqual(['trigger error', 'trigger critical', 'resolve']);
    const { order } = play.paged[1] ?? {};
    if (order?.do !== 'trigger' || order.facts.of !== 'rollout') throw new Error('no second page');
    expect(order.facts.cause).toContain('the target said no');
    expect(order.facts.commands.join('\n')).toContain('curl');
  });

  test('a step that is stuck is paged also where no message is told, and says in which step', async () => {
    let tries = 0;
    const play = script({
      beforeWrite: ({ action }) => {
        if (action.do !== 'shift' || action.weights['2.1.0'] !== 10) return;
        tries += 1;
        if (tries < 6)
          throw ApplicationFailure.create({
            message: 'no answer',
            type: 'AWAY',
            nextRetryDelay: '20 seconds',
          });
      },
    });
    const { production, ...others } = onCall().environments;
    if (production === undefined) throw new Error('no production');
    const stuck = { after: 40_000, then: 'page' as const };
    const service = { ...onCall(), environments: { ...others, production: { ...production, stuck } } };
    await stage().play(
      play,
      async (run) => {
        expect((await run.handle.result()).state).toBe('succeeded');
        await delivered(run);
      },
      { service },
    );
    expect(orders(play)).toEqual(['trigger warning', 'resolve']);
    const { order } = play.paged[0] ?? {};
    if (order?.do !== 'trigger' || order.facts.of !== 'rollout') throw new Error('no page');
    expect(order.facts).toMatchObject({ what: 'is stuck', step: '10 % to 2.1.0' });
    expect(order.facts.cause).toContain('is not done after 40 s');
  });

  test('what a person takes over stays open for a person', async () => {
    const play = script({ watches: [verdict('breach')], ...refusing((key) => key.includes('/back/')) });
    await stage().play(
      play,
      async (run) => {
        await until(run, 'rollback-failed');
        await run.say('take-over');
        await run.handle.result();
        await delivered(run);
      },
      { service: onCall() },
    );
    expect(orders(play)).toEqual(['trigger error', 'trigger critical']);
  });

  test('a doubt of the gate is a warning, taken back when somebody goes on; an abort pages nobody', async () => {
    const play = script({ watches: [verdict('inconclusive', 'too-little-traffic'), verdict('pass')] });
    await stage().play(
      play,
      async (run) => {
        await until(run, 'inconclusive');
        await run.say('accept');
        await run.handle.result();
        await delivered(run);
      },
      { service: onCall() },
    );
    expect(orders(play)).toEqual(['trigger warning', 'resolve']);
  });

  test('no page is more urgent than the file allows', async () => {
    const play = script({ watches: [verdict('breach')] });
    await stage().play(
      play,
      async (run) => {
        await run.handle.result();
        await delivered(run);
      },
      { service: onCall('warning') },
    );
    expect(orders(play)).toEqual(['trigger warning', 'resolve']);
  });

  test('who acknowledges it in Slack is told to PagerDuty once, and stands in the story by name', async () => {
    const play = script({ watches: [verdict('breach')], ...refusing((key) => key.includes('/back/')) });
    await stage().play(
      play,
      async (run) => {
        await until(run, 'rollback-failed');
        const deliver = run.env.client.workflow.getHandle(`deliver/${run.rolloutId}`);
        await deliver.signal(acknowledgeSignal, operator);
        await run.say('take-over');
        await run.handle.result();
        await delivered(run);
      },
      { service: onCall() },
    );
    expect([...orders(play)].sort()).toEqual(['acknowledge', 'trigger critical', 'trigger error']);
    const sent = play.events.filter(({ body }) => body.type === 'page-sent' && body.action === 'acknowledge');
    expect(sent).toMatchObject([{ actor: operator }]);
  });

  test('silence is told to the one owner of the source, and so is its end', async () => {
    const silent = { ...verdict('inconclusive', 'no-data'), t: 900, silentSeconds: 900 };
    const play = script({ watches: [silent, verdict('pass')], comes: () => true });
    await stage().play(
      play,
      async (run) => {
        await run.handle.result();
        await delivered(run);
      },
      { service: onCall() },
    );
    expect(orders(play)).toEqual([]);
    expect(play.sources.map(({ news, source }) => [news.do, source])).toEqual([
      ['silent', 'practice'],
      ['back', 'practice'],
    ]);
  });
});
