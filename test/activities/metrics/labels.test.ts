import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { histogramOf } from '../../../activities/metrics/histogram.ts';
import { identify } from '../../../activities/metrics/identity.ts';
import { areLocal, matching } from '../../../activities/metrics/matching.ts';
import { catchesOther, mixedVersions } from '../../../activities/metrics/mixed-versions.ts';
import { parseCounterQuery } from '../../../runbooks/counter-query.ts';
import type { Matcher } from '../../../runbooks/counter-query.ts';

const matchers = (text: string): readonly Matcher[] => {
  const query = parseCounterQuery(`x${text}`);
  if ('fault' in query) throw new Error(query.fault);
  return query.matchers;
};

describe('matching', () => {
  test.each([
    ['{a="1"}', { a: '1' }, true],
    ['{a="1"}', {}, false],
    ['{a=""}', {}, true],
    ['{a!="1"}', {}, true],
    ['{a!=""}', {}, false],
    ['{a=~"5.."}', { a: '503' }, true],
    ['{a=~"5.."}', { a: '5033' }, false],
    ['{a=~"1|2"}', { a: '2' }, true],
    ['{a=~"1|2"}', { a: '12' }, false],
    ['{a!~"5.."}', { a: '200' }, true],
    ['{a=~".*"}', {}, true],
    ['{a="1",b="2"}', { a: '1', b: '3' }, false],
  ])('%s and %j: %s', (text, labels: Record<string, string>, fits) => {
    expect(matching(matchers(text))(labels)).toBe(fits);
  });

  test.each(['5..', '(a|b)+', '[45]..', 'a\\\\.b', '(?:x)', '\\\\d+', '[^a-c]{2,3}'])(
    '%s means the same here',
    (pattern) => {
      expect(areLocal(matchers(`{a=~"${pattern}"}`))).toBe(true);
    },
  );

  test.each(['(?i)a', '\\\\Qa\\\\E', '[[:alpha:]]', '\\\\pN', '(?P<x>a)', '\\\\z'])(
    '%s is left to Prometheus',
    (pattern) => {
      expect(areLocal(matchers(`{a=~"${pattern}"}`))).toBe(false);
    },
  );
});

describe('identify', () => {
  test.each([
    [{ job: 'shop', instance: 'a:1', code: '200' }, undefined, { id: 'shop/a:1' }],
    [{ instance: 'a:1', code: '200' }, undefined, { id: 'a:1' }],
    [{ __name__: 'x', pod: 'p', le: '1', code: '200' }, undefined, { id: 'code="200",pod="p"' }],
    [{ __name__: 'x' }, undefined, { id: 'all' }],
    [{ namespace: 'n', pod: 'p', instance: 'a' }, ['namespace', 'pod'], { id: 'n/p' }],
  ])('%j by %j', (labels: Record<string, string>, wanted, identity) => {
    expect(identify(labels, wanted)).toEqual(identity);
  });

  test('says which labels there are where one is missing', () => {
    const found = identify({ __name__: 'x', job: 'j', le: '1' }, ['pod']);
    expect('fault' in found && found.fault.message).toContain(
      'no label pod, by which its instance is to be known; it has job.',
    );
  });
});

describe('histogramOf', () => {
  const bucket = (le: string, value: number, path = '/') => ({ labels: { le, path }, value });

  test('adds up histograms at the bounds that all have', () => {
    expect(
      histogramOf([
        ...[bucket('+Inf', 9), bucket('0.50', 7), bucket('0.1', 2)],
        ...[
          bucket('0.1', 1, '/cart'),
          bucket('0.3', 2, '/cart'),
          bucket('0.5', 3, '/cart'),
          bucket('Inf', 4, '/cart'),
        ],
      ]),
    ).toEqual({ le: [0.1, 0.5, '+Inf'], count: [3, 10, 13] });
  });

  test.each([
    ['no bucket', []],
    ['only the last bound', [bucket('+Inf', 1)]],
    ['no last bound', [bucket('1', 1), bucket('2', 1)]],
    ['no common bound', [bucket('1', 1), bucket('+Inf', 1), bucket('2', 1, '/b'), bucket('+Inf', 1, '/b')]],
    ['bounds that are none', [bucket('x', 1), bucket('', 1), bucket('+Inf', 1)]],
  ])('is none for %s', (_what, buckets) => {
    expect(histogramOf(buckets)).toBeNull();
  });

  test('is the same in any order', () => {
    const buckets = ['0.1', '0.5', '1', '+Inf'].flatMap((le, i) => [bucket(le, i), bucket(le, 10 * i, '/b')]);
    fc.assert(
      fc.property(fc.shuffledSubarray(buckets, { minLength: buckets.length }), (shuffled) => {
        expect(histogramOf(shuffled)).toEqual({ le: [0.1, 0.5, 1, '+Inf'], count: [0, 11, 22, 33] });
      }),
    );
  });
});

describe('versions', () => {
  const labels = (version: string, more: object = {}) => ({ version, ...more }) as Record<string, string>;

  test.each([
    ['{version="$version"}', [labels('2.0.4'), labels('2.0.4')], null],
    ['{version=~"$version.*"}', [labels('2.0.4'), labels('2.0.40')], ['2.0.4', '2.0.40']],
    ['{version=~"v$version.*"}', [labels('v2.0.4'), labels('v2.0.4-rc1')], ['v2.0.4', 'v2.0.4-rc1']],
    ['{pod=~"shop-$version-.*"}', [{ pod: 'shop-2.0.4-a' }, { pod: 'shop-2.0.4-b' }], null],
    [
      '{pod=~"$version"}',
      [
        { pod: '2.0.4', app_version: '2.0.4' },
        { pod: '2.0.4', app_version: '2.1.0' },
      ],
      ['2.0.4', '2.1.0'],
    ],
    [
      '{pod=~"$version"}',
      [
        { pod: '2.0.4', stage: '2.0.4' },
        { pod: '2.0.4', stage: '3' },
      ],
      null,
    ],
  ])('%s mixes in %j: %j', (text, series: readonly Record<string, string>[], values) => {
    expect(mixedVersions(matchers(text), '2.0.4', series)?.values ?? null).toEqual(values);
  });

  test.each([
    ['{version="$version"}', '2.0.40', false],
    ['{version=~"$version"}', '2.0.40', false],
    ['{version=~"$version.*"}', '2.0.40', true],
    ['{version=~"$version.*"}', '2.1.0', false],
    ['{pod=~"shop-$version-.+"}', '2.0.4-rc1', true],
    ['{pod=~"shop-$version-.+"}', '2.0.40', false],
    ['{pod=~"shop-$version.*",version="$version"}', '2.0.40', false],
    ['{version=~"$version|stable"}', '2.0.40', false],
    ['{version=~"(?i)$version.*"}', '2.0.40', false],
    ['{version=~"$version.*"}', '2.0.4', false],
  ])('%s, filled with 2.0.4, fits %s: %s', (text, other, caught) => {
    expect(catchesOther(matchers(text), '2.0.4', other) !== null).toBe(caught);
  });
});
