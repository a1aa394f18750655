import { expect, test } from '@jest/globals';
import type { Release } from '../../../runbooks/runbook.ts';
import type { Ledger } from '../../../src/store/ledger.ts';
import { digest } from '../../runbooks/make.ts';
import { onBothEngines } from './engines.ts';
import { alice, plannedBody, requested, shopRunbook, storyOf } from './story.ts';

/** A deploy that goes back for that reason, and is found well again or not. */
const wentBack = async (
  ledger: Ledger,
  service: string,
  to: Release,
  by: 'breach' | 'silence' | 'person' | 'failure',
  recovered = true,
): Promise<string> => {
  const say = storyOf();
  const first = say(requested({ service, version: to.version }));
  await ledger.append([
    first,
    say(plannedBody({ ...shopRunbook, service, to })),
    say({ type: 'way-back', cause: { by, sentence: by, step: 3 }, actions: [] }),
    say({ type: 'verified', recovered, sentence: 'looked at' }),
    say({ type: 'closed', state: 'rolled-back', sentence: 'done' }),
  ]);
  return first.rolloutId;
};

onBothEngines((engine) => {
  test('a breach puts a digest into quarantine, and only a breach; lifted, it stays out until the next', async () => {
    const ledger = await engine.ledger();
    const to = { version: '3.0.0', digest: digest('7') };
    for (const by of ['silence', 'person', 'failure'] as const) await wentBack(ledger, 'held', to, by);
    expect(await ledger.quarantine(to.digest)).toEqual([]);

    const first = await wentBack(ledger, 'held', to, 'breach');
    const held = { ...to, service: 'held', environment: 'production', rolloutId: first };
    expect(await ledger.quarantine(to.digest)).toEqual([expect.objectContaining(held)]);
    expect((await ledger.quarantine())[0]).toMatchObject(held);
    expect(await ledger.quarantine(digest('8'))).toEqual([]);

    const lift = {
      rolloutId: first,
      id: 'face/lifted/1',
      at: '2026-03-02T10:00:00.000Z',
      actor: alice,
      body: { type: 'quarantine-lifted', digest: to.digest } as const,
      texts: { reason: 'the load balancer was at fault' },
    };
    await ledger.append([lift]);
    expect(await ledger.quarantine(to.digest)).toEqual([]);
    // What is told late of the lifted rollout does not put it back.
    await ledger.append([
      { ...lift, id: 'keep/1', actor: null, body: { type: 'keep-closed', claimedBy: null }, texts: {} },
    ]);
    expect(await ledger.quarantine(to.digest)).toEqual([]);

    const again = await wentBack(ledger, 'held', to, 'breach');
    expect(await ledger.quarantine(to.digest)).toMatchObject([{ rolloutId: again }]);
  });

  test('a rehearsal is a way back that was found well', async () => {
    const ledger = await engine.ledger();
    const to = { version: '3.1.0', digest: digest('9') };
    expect(await ledger.lastRehearsal('drilled', 'production')).toBeNull();
    await wentBack(ledger, 'drilled', to, 'failure', false);
    expect(await ledger.lastRehearsal('drilled', 'production')).toBeNull();
    await wentBack(ledger, 'drilled', to, 'person');
    expect(await ledger.lastRehearsal('drilled', 'production')).toMatch(/^2026-03-01T10:00:0\d/);
    expect(await ledger.lastRehearsal('drilled', 'staging')).toBeNull();
  });

  test('a digest has succeeded where it was promoted, and nowhere else', async () => {
    const ledger = await engine.ledger();
    const release = { version: '3.2.0', digest: digest('6') };
    const say = storyOf();
    const service = 'ordered';
    const place = { service, environment: 'staging' };
    await ledger.append([
      say(requested({ ...place, version: release.version })),
      say(plannedBody({ ...shopRunbook, ...place, to: release })),
      say({ type: 'promoted', ...place, release, by: 'rollout' }),
      say({ type: 'closed', state: 'succeeded', sentence: 'done' }),
    ]);
    expect(await ledger.hasSucceeded(service, 'staging', release.digest)).toBe(true);
    expect(await ledger.hasSucceeded(service, 'production', release.digest)).toBe(false);
    expect(await ledger.hasSucceeded(service, 'staging', digest('5'))).toBe(false);
  });

  test('an incident is open from its page until somebody resolves it', async () => {
    const ledger = await engine.ledger();
    const say = storyOf();
    const service = 'burning';
    const first = say(requested({ service }));
    const order = {
      type: 'page-sent',
      incident: 'i-1',
      severity: 'critical',
      summary: 'on fire',
      waitedMs: 1,
    } as const;
    await ledger.append([first, say({ ...order, action: 'trigger' })]);
    const open = [{ rolloutId: first.rolloutId, summary: 'on fire' }];
    expect(await ledger.openIncidents(service, 'production')).toEqual(open);
    expect(await ledger.openIncidents(service, 'staging')).toEqual([]);
    await ledger.append([say({ ...order, action: 'acknowledge' })]);
    expect(await ledger.openIncidents(service, 'production')).toEqual(open);
    await ledger.append([say({ ...order, action: 'resolve' })]);
    expect(await ledger.openIncidents(service, 'production')).toEqual([]);
  });
});
