import { describe, expect, test } from '@jest/globals';
import { script, verdict } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

// A server of its own: a workflow that ends while an activity of it is still tried again holds the server's clock.
const stage = stagePerTest();

describe('the ledger away', () => {
  test('the way back does not wait for it, and `deliver` writes the rest in order', async () => {
    let away = true;
    const play = script({
      watches: [verdict('breach')],
      record: () => {
        if (away) throw new Error('the ledger is away');
      },
    });
    await stage().play(play, async (run) => {
      const result = await run.handle.result();
      expect(result.state).toBe('rolled-back');
      expect(play.events).toEqual([]);
      away = false;
      await run.env.client.workflow.getHandle(`deliver/${run.rolloutId}`).result();
    });
    const own = play.events
      .filter(({ id }) => id.startsWith('rollout/'))
      .map(({ id }) => Number(id.slice(8)));
    expect(own.length).toBeGreaterThan(10);
    expect(own).toEqual([...own].sort((a, b) => a - b));
    expect(play.events.at(-1)?.body).toMatchObject({ type: 'closed', state: 'rolled-back' });
  });
});
