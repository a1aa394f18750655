import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import type { Recorded } from './replaying.ts';
import { recordRollout, replay } from './replaying.ts';
import { script, until, verdict } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

/** Histories of released versions: `<what>.json`, as Temporal exports them. None before the first release. */
const saved = path.resolve(import.meta.dirname, '../histories');

const stage = stagePerTest();

/** A watch that ends when the test says so, or is cancelled. */
const openEnded = () => {
  const over = Promise.withResolvers<ReturnType<typeof verdict>>();
  return { watch: () => over.promise, end: over.resolve };
};

const stories: readonly { readonly says: string; readonly play: () => Promise<readonly Recorded[]> }[] = [
  {
    says: 'a breach in the second watch',
    play: () =>
      stage().play(script({ watches: [verdict('pass'), verdict('breach')] }), async (run) => {
        expect((await run.handle.result()).state).toBe('rolled-back');
        return [await recordRollout(run)];
      }),
  },
  {
    says: 'a question that is answered twice: extend, accept',
    play: () =>
      stage().play(script({ watches: [verdict('inconclusive', 'no-data')] }), async (run) => {
        await until(run, 'inconclusive');
        await run.say('extend');
        for (let asked = 0; asked < 3; asked += 1) {
          await until(run, 'inconclusive');
          await run.say('accept');
        }
        expect((await run.handle.result()).state).toBe('succeeded');
        return [await recordRollout(run)];
      }),
  },
  {
    says: 'an abort during a watch',
    play: () => {
      const { watch, end } = openEnded();
      return stage().play(script({ watches: [watch] }), async (run) => {
        await until(run, 'watching');
        await run.say('abort');
        expect((await run.handle.result()).state).toBe('aborted');
        end(verdict('pass'));
        return [await recordRollout(run)];
      });
    },
  },
  {
    says: 'a hold, a resume, a hold again and an abort out of it',
    play: () => {
      const first = openEnded();
      const guard = openEnded();
      const watches = [first.watch, guard.watch];
      return stage().play(script({ watches }), async (run) => {
        await until(run, 'watching');
        await run.say('hold');
        await run.say('resume');
        await run.say('hold');
        first.end(verdict('pass'));
        await expect(run.handle.query('status')).resolves.toMatchObject({ state: 'held' });
        await run.say('abort');
        expect((await run.handle.result()).state).toBe('aborted');
        guard.end(verdict('pass'));
        return [await recordRollout(run)];
      });
    },
  },
  {
    says: 'a rollback of what was promoted',
    play: () => {
      const play = script();
      return stage().play(play, async (run) => {
        await run.handle.result();
        return stage().play(
          script({ state: play.state }),
          async (back) => {
            expect((await back.handle.result()).state).toBe('succeeded');
            return [await recordRollout(back)];
          },
          { input: { kind: 'rollback', version: '2.0.4' } },
        );
      });
    },
  },
  {
    says: 'a way back that fails and is taken over',
    play: () =>
      stage().play(
        script({
          watches: [verdict('breach')],
          beforeWrite: ({ key }) => {
            if (key.includes('/back/')) throw ApplicationFailure.nonRetryable('no', 'TARGET_REFUSED');
          },
        }),
        async (run) => {
          await until(run, 'rollback-failed');
          await run.say('take-over');
          expect((await run.handle.result()).state).toBe('rolled-back-by-hand');
          return [await recordRollout(run)];
        },
      ),
  },
];

describe('today’s workflow code decides as it did', () => {
  test.each(stories)('$says', async ({ play }) => {
    const recorded = await play();
    const results = await replay(recorded);
    expect(results.map(({ workflowId }) => workflowId)).toEqual(recorded.map(({ workflowId }) => workflowId));
    for (const { error } of results) expect(error).toBeUndefined();
  });

  test('a history that it would not have made is found', async () => {
    const story = stories.find(({ says }) => says.startsWith('a breach'));
    const [rollout] = (await story?.play()) ?? [];
    if (rollout === undefined) throw new Error('nothing was recorded');
    // As if an older version had smoke-tested before it deployed.
    const text = JSON.stringify(rollout.history);
    const other = text
      .replace('"activityType":{"name":"deploy"}', '"activityType":{"name":"SWAP"}')
      .replace('"activityType":{"name":"smoke"}', '"activityType":{"name":"deploy"}')
      .replace('"activityType":{"name":"SWAP"}', '"activityType":{"name":"smoke"}');
    expect(other).not.toBe(text);
    const [result] = await replay([{ ...rollout, history: JSON.parse(other) as unknown }]);
    expect(result?.error?.name).toBe('DeterminismViolationError');
  });
});

describe('histories of released versions', () => {
  const files = existsSync(saved) ? readdirSync(saved).filter((file) => file.endsWith('.json')) : [];

  test('replay on today’s code', async () => {
    const recorded = files.map((file) => ({
      workflowId: path.parse(file).name,
      history: JSON.parse(readFileSync(path.join(saved, file), 'utf8')) as unknown,
    }));
    const results = await replay(recorded);
    expect(results).toHaveLength(files.length);
    for (const { workflowId, error } of results) expect({ workflowId, error }).toEqual({ workflowId });
  });
});
