import { expect, test } from '@jest/globals';
import type { Action, Release } from '../../../runbooks/runbook.ts';
import type { Ledger } from '../../../src/store/ledger.ts';
import { digest } from '../../runbooks/make.ts';
import { onBothEngines } from './engines.ts';
import {
  alice,
  at,
  bob,
  newId,
  plannedBody,
  requested,
  shopRunbook,
  stateBody,
  storyOf,
  verdictOf,
} from './story.ts';

const firstWatch = shopRunbook.steps.findIndex((step) => step.kind === 'watch');

/** A rollout of its own service, so that other tests' releases are not among its. */
const promote = async (
  ledger: Ledger,
  service: string,
  release: Release,
  before: { readonly kind: 'deploy' | 'rollback'; readonly from: Release | null; readonly of?: string },
): Promise<string> => {
  const say = storyOf();
  const { kind, from, of = null } = before;
  const events = [
    say(requested({ kind, service, version: release.version, of })),
    say(plannedBody({ ...shopRunbook, kind, service, from, to: release })),
    say({ type: 'promoted', service, environment: 'production', release, by: 'rollout' }),
    say({ type: 'closed', state: 'succeeded', sentence: 'done' }),
  ];
  await ledger.append(events);
  return events[0]?.rolloutId ?? '';
};

onBothEngines((engine) => {
  test('a step that is stuck says what it waits for while it runs', async () => {
    const ledger = await engine.ledger();
    const say = storyOf();
    const first = say(requested());
    const sentence = 'it waits for the target.';
    await ledger.append([first, say(plannedBody()), say({ type: 'step-started', step: 0 })]);
    await ledger.append([say({ type: 'stuck', step: 0, sentence, then: 'page' })]);
    await ledger.append([
      say({ type: 'stuck', step: null, sentence: 'so does the way back.', then: 'told' }),
    ]);
    const view = await ledger.rollout(first.rolloutId);
    expect(view?.steps[0]).toMatchObject({ state: 'running', found: sentence });
  });

  test('a rollout that succeeds, as every face shows it', async () => {
    const ledger = await engine.ledger();
    await ledger.rememberActor(alice, 'Alice');
    const say = storyOf();
    const first = say(requested(), { actor: alice, texts: { reason: 'the new cart' } });
    const { rolloutId } = first;
    await ledger.append([first]);
    expect(await ledger.rollout(rolloutId)).toMatchObject({
      state: 'requested',
      actor: { ...alice, name: 'Alice' },
      reason: 'the new cart',
      version: '2.1.0',
      digest: null,
      steps: [],
      startedAt: null,
    });

    await ledger.append([
      say(stateBody('planning')),
      say(plannedBody()),
      say(stateBody('deploying')),
      say({ type: 'step-started', step: 0 }),
      say({ type: 'step-done', step: 0, found: '2 instances ready' }),
      say({ type: 'step-skipped', step: 1, why: 'nothing to do' }),
      say(stateBody('watching', at(900))),
      say({ type: 'step-started', step: firstWatch }),
      say({ type: 'watch-started', step: firstWatch, watch: 0, startsAt: at(9), endsAt: at(900) }),
    ]);
    const watching = await ledger.rollout(rolloutId);
    expect(watching).toMatchObject({
      state: 'watching',
      until: at(900),
      next: 'the watch ends',
      hash: 'e'.repeat(64),
      epoch: 7,
      from: shopRunbook.from,
      digest: shopRunbook.to.digest,
      warnings: ['No stable baseline.'],
      startedAt: at(5),
      endedAt: null,
      watches: [{ watch: 0, step: firstWatch, percent: 10, startsAt: at(9), endsAt: at(900), verdict: null }],
    });
    expect(watching?.steps).toHaveLength(shopRunbook.steps.length);
    expect(watching?.steps[0]).toEqual({
      index: 0,
      kind: 'preflight',
      title: shopRunbook.steps[0]?.title,
      percent: null,
      state: 'done',
      startedAt: at(5),
      endedAt: at(6),
      found: '2 instances ready',
    });
    expect(watching?.steps[1]).toMatchObject({ state: 'skipped', found: 'nothing to do' });
    expect(watching?.steps[firstWatch]).toMatchObject({ state: 'running', percent: 10, endedAt: null });
    expect((await ledger.openRollouts()).map((one) => one.id)).toContain(rolloutId);

    const last = await ledger.append([
      say({ type: 'verdict', step: firstWatch, watch: 0, verdict: verdictOf('inconclusive', 891) }),
      say({ type: 'step-done', step: firstWatch, found: null }),
      say({ type: 'closed', state: 'succeeded', sentence: '2.1.0 runs' }),
      // Told late, as by a writer that had been cut off.
      say(stateBody('watching', at(900))),
    ]);
    expect(await ledger.rollout(rolloutId)).toMatchObject({
      state: 'succeeded',
      until: null,
      next: null,
      sentence: '2.1.0 runs',
      endedAt: last[2]?.at,
      watches: [{ verdict: { kind: 'inconclusive', t: 891 } }],
      position: last[3]?.position,
    });
    expect((await ledger.openRollouts()).map((one) => one.id)).not.toContain(rolloutId);
    expect(await ledger.runbook(rolloutId)).toEqual(shopRunbook);
  });

  test('a watch that is extended waits for a verdict again', async () => {
    const ledger = await engine.ledger();
    const id = newId();
    const say = storyOf(id);
    const begin = { type: 'watch-started', step: firstWatch, watch: 0, startsAt: at(9) } as const;
    await ledger.append([
      say(requested()),
      say(plannedBody()),
      say({ ...begin, endsAt: at(20) }),
      say({ type: 'verdict', step: firstWatch, watch: 0, verdict: verdictOf('inconclusive', 11) }),
      say({ ...begin, endsAt: at(60) }),
    ]);
    expect(await ledger.rollout(id)).toMatchObject({ watches: [{ endsAt: at(60), verdict: null }] });
    await ledger.append([
      say({ type: 'verdict', step: firstWatch, watch: 0, verdict: verdictOf('pass', 51) }),
    ]);
    expect(await ledger.rollout(id)).toMatchObject({ watches: [{ verdict: { kind: 'pass' } }] });
  });

  test('a rollout that goes back: cause, commands, problems, and what a person has to do', async () => {
    const ledger = await engine.ledger();
    const id = newId();
    const say = storyOf(id);
    const cause = { by: 'person', sentence: 'Bob aborted it', step: firstWatch } as const;
    const actions: readonly Action[] = [{ do: 'shift', weights: { '2.0.4': 100, '2.1.0': 0 } }];
    await ledger.rememberActor(alice, 'Alice');
    const problem = { code: 'TARGET_UNAVAILABLE', message: 'no answer' } as const;
    await ledger.append([
      say(requested()),
      say(plannedBody()),
      say({ type: 'step-failed', step: 0, problem: { code: 'NOT_READY', message: 'too slow' } }),
      say({ type: 'step-started', step: firstWatch }),
      say(
        { type: 'command', command: 'promote', effect: null, refusal: 'Can not promote.' },
        { actor: alice },
      ),
      say(
        { type: 'command', command: 'abort', effect: 'way-back', refusal: null },
        { actor: bob, texts: { reason: 'customers complain' }, id: 'face/7' },
      ),
      say({ type: 'way-back', cause, actions }),
      say({ type: 'traffic-back', afterMs: 431.5 }),
      say({ type: 'way-back-failed', problem, byHand: ['set weight 0', 'look'] }),
      say({ type: 'verified', recovered: true, sentence: 'errors are at 0.3 % again' }),
      say({ type: 'closed', state: 'aborted', sentence: 'back on 2.0.4' }),
    ]);
    const view = await ledger.rollout(id);
    expect(view).toMatchObject({
      state: 'aborted',
      cause,
      actions,
      trafficBackMs: 431.5,
      recovered: true,
      verified: 'errors are at 0.3 % again',
      sentence: 'back on 2.0.4',
      byHand: ['set weight 0', 'look'],
      problems: [{ code: 'NOT_READY', message: 'too slow' }, problem],
    });
    expect(view?.steps[0]).toMatchObject({ state: 'failed', found: 'too slow' });
    expect(view?.steps[firstWatch]).toMatchObject({
      state: 'failed',
      found: 'Bob aborted it',
      endedAt: at(7),
    });
    expect(view?.commands).toEqual([
      {
        command: 'promote',
        actor: { ...alice, name: 'Alice' },
        at: at(5),
        effect: null,
        refusal: 'Can not promote.',
        reason: null,
      },
      {
        command: 'abort',
        actor: { ...bob, name: null },
        at: at(6),
        effect: 'way-back',
        refusal: null,
        reason: 'customers complain',
      },
    ]);
  });

  test('rollouts come page by page, newest first, by service, environment and whether they are open', async () => {
    const ledger = await engine.ledger();
    const service = newId();
    const ids = [newId(), newId(), newId(), newId()] as const;
    for (const id of ids) await ledger.append([storyOf(id)(requested({ service }))]);
    await ledger.append([storyOf(newId())(requested({ service, environment: 'staging' }))]);
    const end = { type: 'closed', state: 'refused', sentence: 'no' } as const;
    await ledger.append([{ ...storyOf(ids[1])(end), id: 'end' }]);

    const filter = { service, environment: 'production' };
    const page = async (more: { before?: string; open?: boolean }, limit = 2) =>
      (await ledger.rollouts({ ...filter, ...more, limit })).map((view) => view.id);
    expect(await page({})).toEqual([ids[3], ids[2]]);
    expect(await page({ before: ids[2] })).toEqual([ids[1], ids[0]]);
    expect(await page({ open: true }, 9)).toEqual([ids[3], ids[2], ids[0]]);
    expect(await page({ open: false }, 9)).toEqual([ids[1]]);
    expect(await ledger.rollouts({ service, limit: 500 })).toHaveLength(5);
    await expect(ledger.rollouts({ limit: 0 })).rejects.toMatchObject({ code: 'USAGE' });
    expect(await ledger.rollout('no-such-rollout')).toBeNull();
    expect(await ledger.runbook(ids[0])).toBeNull();
  });

  test('what a rollback took back is never returned to by itself', async () => {
    const ledger = await engine.ledger();
    const service = newId();
    const [one, two, three] = ['a', 'b', 'c'].map((letter, i) => ({
      version: `${i + 1}`,
      digest: digest(letter),
    }));
    if (one === undefined || two === undefined || three === undefined) throw new Error('unreachable');
    const good = async (except?: string) => (await ledger.lastGood(service, 'production', except))?.version;
    expect(await good()).toBeUndefined();

    await promote(ledger, service, one, { kind: 'deploy', from: null });
    await promote(ledger, service, two, { kind: 'deploy', from: one });
    expect(await good()).toBe('2');
    expect(await good(two.digest)).toBe('1');

    await promote(ledger, service, one, { kind: 'rollback', from: two });
    expect(await good()).toBe('1');
    expect(await good(one.digest)).toBeUndefined();
    expect(await ledger.lastGood(service, 'staging')).toBeNull();

    // Traffic was split when it was taken back: only the rollout says what it had brought.
    const third = await promote(ledger, service, three, { kind: 'deploy', from: one });
    const back = await promote(ledger, service, one, { kind: 'rollback', from: null, of: third });
    const releases = await ledger.releases(service, 'production');
    expect(releases.map((release) => [release.version, release.state])).toEqual([
      ['1', 'good'],
      ['3', 'bad'],
      ['1', 'good'],
      ['2', 'bad'],
      ['1', 'good'],
    ]);

    // Brought again after it was mended by other means, it is good again; the instances of `one` are removed.
    await promote(ledger, service, two, { kind: 'deploy', from: one });
    expect(await good()).toBe('2');
    await ledger.append([{ ...storyOf(back)({ type: 'retired', version: '1' }), id: 'keep/1' }]);
    const retired = (await ledger.releases(service, 'production')).filter((one) => one.retiredAt !== null);
    expect(retired).toMatchObject([{ version: '1', rolloutId: back, retiredAt: at(1) }]);
  });

  test('what runs already is adopted as good without any rollout', async () => {
    const ledger = await engine.ledger();
    const [service, id] = [newId(), newId()];
    const release = { version: '2.0.4', digest: digest('a') };
    const found = { type: 'promoted', service, environment: 'production', release, by: 'adopt' } as const;
    await ledger.append([storyOf(id)(found)]);
    expect(await ledger.lastGood(service, 'production')).toEqual({
      ...release,
      service,
      environment: 'production',
      state: 'good',
      by: 'adopt',
      promotedAt: at(1),
      retiredAt: null,
      rolloutId: id,
    });
    expect(await ledger.rollout(id)).toBeNull();
  });
});
