import { describe, expect, test } from '@jest/globals';
import type { EventBody, LedgerEvent } from '../../../runbooks/events.ts';
import { draftOf } from '../../../src/store/draft.ts';
import { storableJson } from '../../../src/store/plain.ts';
import { alice, requested, storyOf } from './story.ts';

const withDetails = (details: unknown): EventBody => ({
  type: 'refused',
  problems: [{ code: 'INTERNAL', message: 'x', details: { given: details } }],
});

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

describe('what the ledger can not keep is refused', () => {
  test.each<[string, Partial<LedgerEvent>]>([
    ['an empty id', { id: '' }],
    ['an id with a NUL', { id: 'a\u0000b' }],
    ['an id with a line end', { id: 'a\nb' }],
    ['an id with half a surrogate pair', { rolloutId: 'x\ud800' }],
    ['an id of 201 characters', { id: 'x'.repeat(201) }],
    ['an actor without an id', { actor: { ...alice, id: '' } }],
    ['a text without a name', { texts: { '': 'x' } }],
    ['a time without milliseconds', { at: '2026-03-01T10:00:00Z' }],
    ['a local time', { at: '2026-03-01T10:00:00.000+01:00' }],
    ['a day that does not exist', { at: '2026-02-30T10:00:00.000Z' }],
    ['a year that PostgreSQL has not', { at: '0000-02-01T10:00:00.000Z' }],
    ['a service name longer than an index takes', { body: requested({ service: 'x'.repeat(3000) }) }],
    ['more than 1 MiB', { texts: { reason: 'x'.repeat(1024 * 1024) } }],
    ['what is no number', { body: { type: 'traffic-back', afterMs: Number.NaN } }],
    ['a number without end', { body: withDetails(Number.POSITIVE_INFINITY) }],
    ['a bigint', { body: withDetails(1n) }],
    ['a function', { body: withDetails(() => 1) }],
    ['a list with a hole', { body: withDetails(Array(2)) }],
    ['a date', { body: withDetails(new Date(0)) }],
    ['what is nested too deep', { body: withDetails(nested(100)) }],
  ])('%s', (_title, change) => {
    const event = { ...storyOf()(requested()), ...change };
    expect(() => draftOf(event)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

test('an event that can be kept is kept as it is', () => {
  const event = storyOf()(withDetails({ list: [nested(30), null, true, 1e300, 'ä 😀 \\u0000'] }), {
    actor: alice,
    texts: { reason: 'because\n"so"' },
  });
  expect(draftOf(event)).toEqual(event);
});

test('what jsonb would change is changed before it is hashed', () => {
  const given = { nul: 'a\u0000b', half: 'a\ud83d', 'k\u0000': -0, pair: '😀', gone: undefined };
  expect(storableJson(given, 'body')).toStrictEqual({
    nul: 'a␀b',
    half: 'a\ufffd',
    'k␀': 0,
    pair: '😀',
  });
});

test('a name that objects have of themselves stays a name', () => {
  const given: unknown = JSON.parse('{"__proto__": {"constructor": 1}}');
  expect(JSON.stringify(storableJson(given, 'body'))).toBe('{"__proto__":{"constructor":1}}');
});
