import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  forVersion,
  parseCounterQuery,
  renderSelector,
  selectsVersion,
} from '../../runbooks/counter-query.ts';
import type { CounterQuery } from '../../runbooks/counter-query.ts';

const parsed = (text: string): CounterQuery => {
  const query = parseCounterQuery(text);
  if ('fault' in query) throw new Error(query.fault);
  return query;
};

const word = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).filter((text) => !/^sum$/i.test(text));
const anyQuery: fc.Arbitrary<CounterQuery> = fc.record({
  metric: word,
  matchers: fc.array(
    fc.record({
      label: word.filter((label) => label !== '__name__'),
      op: fc.constantFrom('=' as const, '!=' as const, '=~' as const, '!~' as const),
      value: fc.string({ unit: 'binary' }),
    }),
    { maxLength: 5 },
  ),
  by: fc.option(fc.array(word, { minLength: 1, maxLength: 3 })),
});

describe('parseCounterQuery', () => {
  test('reads a selector', () => {
    expect(parsed('http_requests_total{app="shop", version = "$version",code=~\'5..\',}')).toEqual({
      metric: 'http_requests_total',
      matchers: [
        { label: 'app', op: '=', value: 'shop' },
        { label: 'version', op: '=', value: '$version' },
        { label: 'code', op: '=~', value: '5..' },
      ],
      by: null,
    });
  });

  test.each(['sum by (pod, job) (x{v="$version"})', 'SUM(x{v="$version"}) BY (pod,job)'])(
    'reads %s',
    (text) => {
      expect(parsed(text)).toEqual({
        metric: 'x',
        matchers: [{ label: 'v', op: '=', value: '$version' }],
        by: ['pod', 'job'],
      });
    },
  );

  test('takes the name from __name__', () => {
    expect(parsed('{__name__="job:x:sum", v!="1"} # why')).toEqual({
      metric: 'job:x:sum',
      matchers: [{ label: 'v', op: '!=', value: '1' }],
      by: null,
    });
  });

  test('reads every query as it was written', () => {
    fc.assert(
      fc.property(anyQuery, (query) => {
        const inner = renderSelector(query);
        const text = query.by === null ? inner : `sum by (${query.by.join(', ')}) (${inner})`;
        expect(parsed(text)).toEqual(query);
      }),
    );
  });

  test.each([
    ['rate(x{v="$version"}[5m])', 'without a range'],
    ['increase(x{v="$version"})', 'raw counter and not increase(…)'],
    ['x{v="$version"}[60s]', 'without a range'],
    ['sum(x{v="$version"})', 'sum by (instance) (x{v="$version"})'],
    ['sum by () (x{v="$version"})', 'sum by (instance) (x{v="$version"})'],
    ['sum without (le) (x)', 'must be one counter'],
    ['avg by (instance) (x)', 'must be one counter'],
    ['x + y', 'must be one counter'],
    ['x offset 5m', 'must be one counter'],
    ['x{v="$version"', 'must be one counter'],
    ['x{v="$version}', 'does not end'],
    ['x{v=5}', 'must be one counter'],
    ['{v="$version"}', 'must be one counter'],
    ['x{__name__="y"}', 'must be one counter'],
    ['', 'must be one counter'],
  ])('refuses %s: %s', (text, fault) => {
    expect(parseCounterQuery(text)).toEqual({ fault: expect.stringContaining(fault) });
  });

  test('answers to any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const query = parseCounterQuery(text);
        expect('fault' in query ? query.fault : renderSelector(query)).not.toBe('');
      }),
    );
  });
});

test('a version fills labels as itself, and patterns as a literal', () => {
  const query = parsed('x{v="$version",pod=~"a-$version-.*"}');
  expect(renderSelector(forVersion(query, '2.1.0'))).toBe('x{v="2.1.0",pod=~"a-2\\\\.1\\\\.0-.*"}');
});

test.each([
  ['x{v="$version"}', true],
  ['x{v=~"$version.*"}', true],
  ['x{v!="$version"}', false],
  ['x{v="2"}', false],
])('%s selects a version: %s', (text, selects) => {
  expect(selectsVersion(parsed(text))).toBe(selects);
});
