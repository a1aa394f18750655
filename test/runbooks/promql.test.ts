import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fillVersion, lexPromql, literalPattern, quotePromql, versionFault } from '../../runbooks/promql.ts';

/** The strings that Prometheus would see in the text. */
const stringsIn = (text: string): readonly string[] =>
  (lexPromql(text) ?? []).flatMap((piece) => (piece.kind === 'string' ? [piece.value] : []));

describe('fillVersion', () => {
  test.each([
    ['up{version="$version"}', '2.1.0', 'up{version="2.1.0"}'],
    ["up{version='$version'}", '2.1.0', 'up{version="2.1.0"}'],
    ['up{version=`$version`}', '2.1.0', 'up{version="2.1.0"}'],
    ['up{pod=~"shop-$version.*"}', '2.1.0', 'up{pod=~"shop-2\\\\.1\\\\.0.*"}'],
    ['up{pod !~ "$version"}', '1+1', 'up{pod !~ "1\\\\+1"}'],
    ['up{pod=~ # the pods\n "$version"}', '1.0', 'up{pod=~ \n "1\\\\.0"}'],
    ['a{v="$version"} / b{v="$version"}', '2', 'a{v="2"} / b{v="2"}'],
    ['a{v="$version",w="$versions"}', '2', 'a{v="2",w="$versions"}'],
    ['a{v="$version\\t"}', '2', 'a{v="2\\u0009"}'],
  ])('%s', (text, version, filled) => {
    expect(fillVersion(text, version)).toBe(filled);
  });

  test('lets no version end its string or add to the query', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('"', "'", '`'), (version, quote) => {
        const filled = fillVersion(`up{v=${quote}a$version${quote},w="b"}`, version);
        expect(stringsIn(filled)).toEqual([`a${version}`, 'b']);
        expect(filled.replace(/^up\{v="[\s\S]*",w="b"\}$/, '')).toBe('');
      }),
    );
  });

  test('lets no version act as a pattern', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (version, other) => {
        const [pattern = ''] = stringsIn(fillVersion('up{v=~"$version"}', version));
        expect(new RegExp(`^(?:${pattern})$`).test(version)).toBe(true);
        expect(new RegExp(`^(?:${pattern})$`).test(other)).toBe(version === other);
      }),
    );
  });

  test('refuses what the schema refuses', () => {
    expect(() => fillVersion('up', '1')).toThrow('must contain $version');
  });
});

describe('versionFault', () => {
  test.each([
    ['up{version="2.0.4"}', 'must contain $version'],
    ['up # $version', 'must contain $version'],
    ['up{version="$versions"}', 'must contain $version'],
    ['up_$version', 'must have $version inside of quotes'],
    ['up{version=$version}', 'must have $version inside of quotes'],
    ['up{version="$version}', 'does not end'],
    ['up{version="$version\\q"}', 'unknown escape'],
    ['up{version="\\UFFFFFFFF$version"}', 'unknown escape'],
  ])('%s: %s', (text, fault) => {
    expect(versionFault(text)).toContain(fault);
  });

  test('knows nothing against a gauge with strings of all kinds', () => {
    const text =
      'avg(label_replace(rate(x{pod=~"a-$version.*", b=\'"\'}[1m]), "n", "$1", "pod", `(.*)`)) # "';
    expect(versionFault(text)).toBeNull();
  });
});

test('quotePromql is undone by lexPromql', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(stringsIn(quotePromql(text))).toEqual([text]);
    }),
  );
});

test.each([
  ['\\x41\\u0042\\U00000043\\104\\n\\\\\\"', 'ABCD\n\\"'],
  ["\\'", "'"],
])('the string "%s" is read with Go\'s escapes', (inner, value) => {
  expect(stringsIn(`"${inner}"`)).toEqual([value]);
});

test('literalPattern escapes what a pattern would act on', () => {
  expect(literalPattern('2.1.0+b-1_(x)')).toBe('2\\.1\\.0\\+b-1_\\(x\\)');
});
