import { expect, test } from '@jest/globals';
import { onBothEngines } from './engines.ts';

const owed = (leaseMs: number) => ({ asked: { is: 'a test' }, replyTo: { by: 'url' }, leaseMs });
const [dead, alive] = [0, 60_000];

onBothEngines((engine) => {
  test('an answer that is owed is due once its process has been silent for long enough, to one taker at a time', async () => {
    const { slack } = await engine.ledger();
    const [lost, other, fine] = ['owed-lost', 'owed-other', 'owed-fine'];
    expect(await slack.claim(lost, owed(dead))).toMatchObject({ fresh: true, said: null });
    await slack.claim(other, owed(dead));
    await slack.claim(fine, owed(alive));
    const again = await slack.claim(lost, { ...owed(alive), asked: { is: 'somebody’s copy' } });
    expect(again).toMatchObject({ fresh: false, said: null });

    await slack.keepSaid(lost, 'done');
    const taken = (await Promise.all([slack.takeDue(alive, 50), slack.takeDue(alive, 50)])).flat();
    expect(taken.map(({ id }) => id).sort()).toEqual([lost, other]);
    expect(taken.find(({ id }) => id === lost)).toMatchObject({
      ...{ said: 'done', asked: { is: 'a test' }, replyTo: { by: 'url' }, at: again.at },
    });
    expect(await slack.takeDue(alive, 50)).toEqual([]);

    await slack.putOff(other, dead);
    await slack.putOff(lost, dead);
    await slack.settle(lost);
    // Told: it stays known, and is never due again.
    await slack.putOff(lost, dead);
    expect((await slack.takeDue(alive, 50)).map(({ id }) => id)).toEqual([other]);
    expect(await slack.claim(lost, owed(dead))).toMatchObject({ fresh: false, said: 'done' });
    await slack.settle(other);
    await slack.settle(fine);
  });

  test('of copies that are claimed at once one is fresh, and of answers given at once one stands', async () => {
    const { slack } = await engine.ledger();
    const ids = ['at-once', 'another', 'at-once', 'at-once'];
    const claimed = await Promise.all(ids.map((id) => slack.claim(id, owed(alive))));
    expect(claimed.map(({ fresh }) => fresh)).toEqual([true, true, false, false]);
    expect(new Set(claimed.map(({ at }) => at)).size).toBeLessThanOrEqual(2);
    const said = await Promise.all(ids.map((id, index) => slack.keepSaid(id, `answer ${String(index)}`)));
    expect(said).toEqual(['answer 0', 'answer 1', 'answer 0', 'answer 0']);
    expect(await slack.claim('at-once', owed(alive))).toMatchObject({ fresh: false, said: 'answer 0' });
    await Promise.all(ids.map((id) => slack.settle(id)));
  });

  test('a command of the inbox is found by its id, waiting and answered', async () => {
    const ledger = await engine.ledger();
    const id = 'owed-command';
    expect(await ledger.inboxCommand(id)).toBeNull();
    const actor = { id: 'ana', via: 'slack', groups: [] } as const;
    const at = '2026-01-01T00:00:00.000Z';
    await ledger.putCommand({ id, rolloutId: 'r-owed', command: 'abort', actor, reason: null, at });
    expect(await ledger.inboxCommand(id)).toMatchObject({ state: 'waiting', command: 'abort', actor });
    await ledger.answerCommand(id, 'done', 'rolling-back');
    expect(await ledger.inboxCommand(id)).toMatchObject({ state: 'done', answer: 'rolling-back' });
  });

  test('of two answers to one request the first stands, and whoever gives the other is told it', async () => {
    const { slack } = await engine.ledger();
    const id = 'slack-twice';
    await slack.claim(id, owed(alive));
    expect(await slack.keepSaid(id, 'it is held')).toBe('it is held');
    expect(await slack.keepSaid(id, 'it is watching')).toBe('it is held');
    expect(await slack.claim(id, owed(alive))).toMatchObject({ fresh: false, said: 'it is held' });
  });
});
