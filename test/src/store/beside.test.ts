import { expect, test } from '@jest/globals';
import type { Sample } from '../../../src/gates/reading.ts';
import { digest } from '../../runbooks/make.ts';
import { onBothEngines } from './engines.ts';
import { alice, at, bob, newId, requested, storyOf } from './story.ts';

const sampleAt = (t: number): Sample => ({
  t,
  canary: { at: t, instances: [{ id: 'i-1', requests: 10 * t, errors: 1, started: -3.25 }] },
  baseline: null,
});

const [body, otherBody] = ['a', 'b'].map(digest) as [string, string];

onBothEngines((engine) => {
  test('a key that is used again leads to the rollout that it began', async () => {
    const ledger = await engine.ledger();
    const key = newId();
    const first = storyOf()(requested(), { actor: alice });
    const second = storyOf()(requested(), { actor: alice });
    const { rolloutId } = first;

    expect(await ledger.requestAndRemember(key, body, first)).toEqual({ rolloutId, fresh: true });
    expect(await ledger.requestAndRemember(key, body, second)).toEqual({ rolloutId, fresh: false });
    expect(await ledger.remember(key, body, second.rolloutId)).toEqual({ rolloutId, fresh: false });
    expect(await ledger.rollout(rolloutId)).not.toBeNull();
    expect(await ledger.rollout(second.rolloutId)).toBeNull();

    for (const again of [
      () => ledger.requestAndRemember(key, otherBody, second),
      () => ledger.remember(key, otherBody, second.rolloutId),
    ]) {
      await expect(again()).rejects.toMatchObject({
        code: 'IDEMPOTENCY_CONFLICT',
        details: { key, rolloutId },
      });
    }
    await expect(ledger.remember('', body, rolloutId)).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('a key is not remembered where its event can not be written', async () => {
    const ledger = await engine.ledger();
    const key = newId();
    const first = storyOf()(requested(), { actor: alice });
    await ledger.append([first]);
    const other = { ...first, body: requested({ version: '9' }) };
    await expect(ledger.requestAndRemember(key, body, other)).rejects.toMatchObject({
      code: 'EVENT_CONFLICT',
    });
    expect(await ledger.remember(key, otherBody, 'r-other')).toEqual({ rolloutId: 'r-other', fresh: true });
  });

  test('of many that use one key at once, one begins a rollout', async () => {
    const ledger = await engine.ledger();
    const key = newId();
    const before = await ledger.head();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ledger.requestAndRemember(key, body, storyOf()(requested()))),
    );
    expect(answers.filter((answer) => answer.fresh)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.rolloutId)).size).toBe(1);
    expect((await ledger.head()).position).toBe(before.position + 1);
  });

  test('samples come back as they were booked first, in order, after a second if asked', async () => {
    const ledger = await engine.ledger();
    const id = newId();
    for (const t of [10, 5.123456789, 0]) await ledger.addSample(id, 0, t, sampleAt(t));
    await ledger.addSample(id, 0, 5.123456789, { t: 5.123456789, canary: null, baseline: null });
    await ledger.addSample(id, 1, 3, sampleAt(3));

    const stored = [0, 5.123456789, 10].map((t) => ({ t, sample: sampleAt(t), record: null }));
    expect(await ledger.samples(id, 0)).toEqual(stored);
    expect(await ledger.samples(id, 0, 0)).toEqual(stored.slice(1));
    expect(await ledger.samples(id, 0, 10)).toEqual([]);
    expect(await ledger.samples(newId(), 0)).toEqual([]);
    await expect(ledger.addSample(id, 0, Number.NaN, sampleAt(1))).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('whoever asks for what can not exist is told so, or finds nothing', async () => {
    const ledger = await engine.ledger();
    for (const asked of [
      () => ledger.rollout('a\u0000b'),
      () => ledger.releases('a\u0000b', 'production'),
      () => ledger.events({ rolloutId: '\u0000', after: 0, limit: 1 }),
      () => ledger.rollouts({ service: '\u0000', limit: 1 }),
    ]) {
      await expect(asked()).rejects.toMatchObject({ code: 'USAGE' });
    }
    for (const id of ['', '\ud800', "'; drop table events; --", 'x'.repeat(100_000), '__proto__']) {
      expect(await ledger.rollout(id)).toBeNull();
    }
  });

  test('commands wait in the order of their arrival until they are answered, once', async () => {
    const ledger = await engine.ledger();
    const command = (id: string) =>
      ({ id, rolloutId: 'r1', command: 'abort', actor: bob, reason: 'smoke', at: at(1) }) as const;
    const ids = [newId(), newId()] as const;
    const stored = { ...command(ids[0]), state: 'waiting', answer: null };
    expect(await ledger.putCommand(command(ids[0]))).toEqual(stored);
    await ledger.putCommand(command(ids[1]));
    expect(await ledger.putCommand({ ...command(ids[0]), at: at(9) })).toEqual(stored);
    await expect(ledger.putCommand({ ...command(ids[0]), command: 'hold' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
    expect((await ledger.waitingCommands()).map((one) => one.id)).toEqual(ids);
    expect((await ledger.waitingCommands(1)).map((one) => one.id)).toEqual([ids[0]]);

    await ledger.answerCommand(ids[0], 'refused', 'Can not abort: it has succeeded.');
    await ledger.answerCommand(ids[0], 'done', null);
    expect((await ledger.waitingCommands()).map((one) => one.id)).toEqual([ids[1]]);
    expect(await ledger.putCommand(command(ids[0]))).toMatchObject({
      state: 'refused',
      answer: 'Can not abort: it has succeeded.',
      reason: null,
    });
    await ledger.answerCommand(ids[1], 'done', null);
  });

  test('a person who is forgotten has no name any more, and the chain still holds', async () => {
    const ledger = await engine.ledger();
    const carol = { id: 'slack:carol', via: 'slack', groups: [] } as const;
    await ledger.rememberActor(carol, 'Carol \u0000', { email: 'carol@example.test' });
    const event = storyOf()(requested(), { actor: carol });
    const [stored] = await ledger.append([event]);
    expect(stored?.actor).toEqual({ ...carol, name: 'Carol ␀' });
    await ledger.rememberActor(carol, 'Carol Smith');
    expect(await ledger.rollout(event.rolloutId)).toMatchObject({ actor: { name: 'Carol Smith' } });
    expect(await ledger.names([carol.id, 'slack:nobody'])).toEqual(new Map([[carol.id, 'Carol Smith']]));
    expect(await ledger.eraseActor(carol.id)).toBe(true);
    expect(await ledger.eraseActor(carol.id)).toBe(false);
    expect(await ledger.names([carol.id])).toEqual(new Map());
    expect(await ledger.rollout(event.rolloutId)).toMatchObject({ actor: { ...carol, name: null } });
    expect(await ledger.verifyChain()).toMatchObject({ ok: true });
  });

  test('a lock holds for its environment, or for all, until its time', async () => {
    const ledger = await engine.ledger();
    const service = newId();
    const common = { service, actor: alice, reason: 'sale', at: at(0) };
    const sale = { ...common, environment: 'production', until: at(60) };
    expect(await ledger.lock(sale)).toBeNull();
    await ledger.lock({ ...common, environment: null, until: null, reason: 'audit', at: at(1) });
    const held = async (environment: string, when: string) =>
      (await ledger.locks(service, environment, when)).map((lock) => [lock.environment, lock.reason]);
    expect(await held('production', at(59))).toEqual([
      ['production', 'sale'],
      [null, 'audit'],
    ]);
    expect(await held('production', at(60))).toEqual([[null, 'audit']]);
    expect(await held('staging', at(1))).toEqual([[null, 'audit']]);
    const longer = { ...common, environment: 'production', until: at(90), reason: 'longer' };
    expect(await ledger.lock(longer)).toEqual(sale);
    expect(await held('production', at(60))).toContainEqual(['production', 'longer']);
    expect(await ledger.unlock(service, null)).toBe(true);
    expect(await ledger.unlock(service, null)).toBe(false);
    expect(await held('staging', at(1))).toEqual([]);
  });
});
