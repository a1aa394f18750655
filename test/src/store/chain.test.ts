import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EventBody, LedgerEvent } from '../../../runbooks/events.ts';
import type { StoredEvent } from '../../../src/store/views.ts';
import { onBothEngines } from './engines.ts';
import { alice, requested, stateBody, storyOf } from './story.ts';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** JSON with sorted keys, written without the product's own: what an auditor would compute. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );

/** Any character, and often one of those that JSON or PostgreSQL is touchy about. */
const hostileUnit = fc.oneof(
  { arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), weight: 3 },
  { arbitrary: fc.constantFrom('\u0000', '\ud83d', '\ude00', '"', '\u007f'), weight: 1 },
);

/** jsonb knows neither NUL nor half a surrogate pair: these are replaced, and nothing else. */
const replaced = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll('\\u0000', '\u2400')
      .replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, '\ufffd'),
  );

const positions = (events: readonly StoredEvent[]): readonly number[] =>
  events.map((event) => event.position);

onBothEngines((engine) => {
  test('each event holds the hash of the one before it, as an auditor computes it', async () => {
    const ledger = await engine.ledger();
    const before = await ledger.head();
    const say = storyOf();
    const stored = await ledger.append([
      say(requested(), { actor: alice }),
      say(stateBody('planning')),
      say(stateBody('deploying')),
    ]);

    expect(positions(stored)).toEqual([1, 2, 3].map((i) => before.position + i));
    let previous = before.hash;
    for (const { position, rolloutId, id, at, actor, body, previousHash, hash } of stored) {
      const who = actor === null ? null : { id: actor.id, via: actor.via, groups: actor.groups };
      const content = { position, rolloutId, id, at, actor: who, body, textHashes: {} };
      expect(previousHash).toBe(previous);
      expect(hash).toBe(sha256(`${previous}\n${sorted(content)}`));
      previous = hash;
    }
    expect(await ledger.head()).toEqual({ position: before.position + 3, hash: previous });
  });

  test('an event written again is returned as it stands, with its first time', async () => {
    const ledger = await engine.ledger();
    const say = storyOf();
    const first = say(requested(), { actor: alice, texts: { reason: 'ship it' } });
    const [stored] = await ledger.append([first]);
    const second = say(stateBody('planning'));

    const later = { ...first, at: '2027-01-01T00:00:00.000Z', actor: { ...alice, groups: [] } };
    const [again, next, repeated] = await ledger.append([later, second, second]);

    expect(again).toEqual(stored);
    expect(next?.position).toBe((stored?.position ?? 0) + 1);
    expect(repeated).toEqual(next);
    expect((await ledger.head()).position).toBe(next?.position);
  });

  test.each<[string, (event: LedgerEvent) => LedgerEvent]>([
    ['another body', (event) => ({ ...event, body: requested({ version: '9.9.9' }) })],
    ['another actor', (event) => ({ ...event, actor: { ...alice, id: 'token:eve' } })],
    ['another way to speak', (event) => ({ ...event, actor: { ...alice, via: 'ci' } })],
    ['another text', (event) => ({ ...event, texts: { reason: 'because' } })],
    ['no text', (event) => ({ ...event, texts: {} })],
    ['a text more', (event) => ({ ...event, texts: { ...event.texts, note: 'x' } })],
  ])('%s under the same id is refused, and nothing of the batch is written', async (_title, change) => {
    const ledger = await engine.ledger();
    const say = storyOf();
    const first = say(requested(), { actor: alice, texts: { reason: 'ship it' } });
    const [stored] = await ledger.append([first]);

    const batch = ledger.append([say(stateBody('planning')), change(first)]);

    const { rolloutId, id } = first;
    await expect(batch).rejects.toMatchObject({
      code: 'EVENT_CONFLICT',
      details: { rolloutId, id, position: stored?.position },
    });
    expect(await ledger.head()).toEqual({ position: stored?.position, hash: stored?.hash });
    expect(await ledger.rollout(rolloutId)).toMatchObject({ state: 'requested' });
  });

  test('two contents under one id in one batch are a conflict', async () => {
    const ledger = await engine.ledger();
    const before = await ledger.head();
    const event = storyOf()(stateBody('planning'));
    await expect(ledger.append([event, { ...event, body: stateBody('held') }])).rejects.toMatchObject({
      code: 'EVENT_CONFLICT',
    });
    expect(await ledger.head()).toEqual(before);
  });

  test('what can not be kept is refused before anything is written', async () => {
    const ledger = await engine.ledger();
    const before = await ledger.head();
    const say = storyOf();
    const broken = say({ type: 'traffic-back', afterMs: Number.NaN });
    await expect(ledger.append([say(requested()), broken])).rejects.toMatchObject({ code: 'USAGE' });
    expect(await ledger.head()).toEqual(before);
  });

  test('events from many writers at once make one chain without gaps', async () => {
    const place = await engine.place();
    const first = await place.open();
    // On PostgreSQL as if by several processes; the embedded ledger has one owner, who writes them all.
    const others = await Promise.all([1, 2].map(() => place.open().catch(() => first)));
    const writers = [first, ...others];
    await Promise.all(
      writers.flatMap((ledger) =>
        Array.from({ length: 15 }, () => {
          const say = storyOf();
          return ledger.append([say(requested(), { actor: alice }), say(stateBody('planning'))]);
        }),
      ),
    );
    const events = await first.events({ after: 0, limit: 1000 });
    expect(positions(events)).toEqual(Array.from({ length: 90 }, (_, i) => i + 1));
    expect(await first.verifyChain()).toMatchObject({ ok: true, events: 90 });
  });

  test('whatever JSON an event holds, it comes back, and the chain holds', async () => {
    const ledger = await engine.ledger();
    const text = fc.string({ unit: hostileUnit, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ stringUnit: hostileUnit, maxDepth: 4 }),
        text,
        fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), text, { maxKeys: 3 }),
        async (json, problem, texts) => {
          const body: EventBody = {
            type: 'refused',
            problems: [{ code: 'INTERNAL', message: problem, details: { json } }],
          };
          const event = storyOf()(body, { texts, actor: { ...alice, groups: [problem] } });
          const [stored] = await ledger.append([event]);
          const [again] = await ledger.append([event]);
          expect(again).toEqual(stored);
          expect(sorted(stored?.body)).toBe(sorted(replaced(body)));
          expect(sorted(stored?.texts)).toBe(sorted(replaced(texts)));
        },
      ),
      { numRuns: 60 },
    );
    expect(await ledger.verifyChain()).toMatchObject({ ok: true });
  });
});
