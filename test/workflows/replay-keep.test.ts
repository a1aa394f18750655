import { expect, test } from '@jest/globals';
import { record, recordRollout, replay } from './replaying.ts';
import { script } from './stage.ts';
import { stageOfAll } from './stage-hooks.ts';

// A server of its own: one on which a rollout has ended while an activity of it was tried does not skip the hour.
const stage = stageOfAll();

test('today’s workflow code decides as it did: a rollout that succeeds, and the keep after it', async () => {
  const recorded = await stage().play(script(), async (run) => {
    const keep = `keep/${run.rolloutId}`;
    expect((await run.handle.result()).state).toBe('succeeded');
    await run.env.client.workflow.getHandle(keep).result();
    return [await recordRollout(run), await record(run, keep)];
  });
  const results = await replay(recorded);
  expect(results).toHaveLength(2);
  for (const { error } of results) expect(error).toBeUndefined();
});
