import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePage } from '../../../../activities/metrics/scrape/text-format.ts';
import type { PageFormat, Sample } from '../../../../activities/metrics/scrape/text-format.ts';
import { renderMetrics } from '../../../../activities/targets/practice/prometheus.ts';

const samples = (page: string, format: PageFormat = 'text'): readonly Sample[] => {
  const parsed = parsePage(page, format);
  if ('fault' in parsed) throw new Error(`line ${String(parsed.line)} ${parsed.fault}`);
  return parsed;
};

const plain = (page: string, format?: PageFormat) =>
  samples(page, format).map(({ name, labels, value, time }) => [name, { ...labels }, value, time]);

describe("Prometheus' text format", () => {
  test('is read as its page describes it', () => {
    const page = [
      '# HELP http_requests_total The total number of HTTP requests.',
      '# TYPE http_requests_total counter',
      'http_requests_total{method="post",code="200"} 1027 1395066363000',
      'http_requests_total{method="post",code="400",}    3',
      '',
      '# Escaping in label values:',
      'msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find:\\n\\"FILE.TXT\\""} 1.458255915e9',
      'metric_without_timestamp_and_labels 12.47',
      '\tsomething_weird { problem = "division by zero" , } +Inf -3982045\r',
      'rpc_duration_seconds{quantile="0.01"} NaN',
      'negative -Inf',
      'a:b{le="# not a comment }"} .5',
      '{"my.metric","the label"="x",other="y"} 7',
      '',
    ].join('\n');
    expect(plain(page)).toEqual([
      ['http_requests_total', { method: 'post', code: '200' }, 1027, 1395066363000],
      ['http_requests_total', { method: 'post', code: '400' }, 3, null],
      [
        'msdos_file_access_time_seconds',
        { path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find:\n"FILE.TXT"' },
        1458255915,
        null,
      ],
      ['metric_without_timestamp_and_labels', {}, 12.47, null],
      ['something_weird', { problem: 'division by zero' }, Number.POSITIVE_INFINITY, -3982045],
      ['rpc_duration_seconds', { quantile: '0.01' }, Number.NaN, null],
      ['negative', {}, Number.NEGATIVE_INFINITY, null],
      ['a:b', { le: '# not a comment }' }, 0.5, null],
      ['my.metric', { 'the label': 'x', other: 'y' }, 7, null],
    ]);
  });

  test('gives back what was written', () => {
    const word = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,10}$/);
    const family = fc.record({
      name: word,
      help: fc.constant('for people'),
      type: fc.constant('gauge' as const),
      samples: fc.array(
        fc.record({
          labels: fc.dictionary(word, fc.string({ unit: 'binary' })),
          value: fc.double({ noNaN: false }),
        }),
        { maxLength: 5 },
      ),
    });
    fc.assert(
      fc.property(fc.array(family, { maxLength: 4 }), (families) => {
        const written = families.flatMap(({ name, samples: all }) =>
          all.map(({ labels, value }) => ({ name, labels: { ...labels }, value, time: null })),
        );
        const read = samples(renderMetrics(families)).map((sample) => ({
          ...sample,
          labels: { ...sample.labels },
        }));
        expect(JSON.stringify(read)).toBe(JSON.stringify(written));
      }),
    );
  });
});

describe('OpenMetrics', () => {
  test('has times in seconds, exemplars, and an end', () => {
    const page = [
      '# TYPE foo counter',
      '# UNIT foo seconds',
      'foo_total{a="b"} 17.0 1520879607.789 # {trace_id="# KOO"} 0.67 1520879607.1',
      'foo_created{a="b"} 1520430000.123',
      'bar_bucket{le="1.0"} 4 # {} 0.5',
      '# EOF',
    ].join('\n');
    expect(plain(`${page}\n`, 'openmetrics')).toEqual([
      ['foo_total', { a: 'b' }, 17, 1520879607789],
      ['foo_created', { a: 'b' }, 1520430000.123, null],
      ['bar_bucket', { le: '1.0' }, 4, null],
    ]);
    expect(plain(page, 'openmetrics')).toHaveLength(3);
  });

  test.each(['foo_total 1\n', 'foo_total 1\n# EO', '', '\n'])('is cut off without its end: %j', (page) => {
    expect(parsePage(page, 'openmetrics')).toMatchObject({ fault: expect.stringMatching(/^ends/) });
  });
});

describe('a page is refused', () => {
  test.each([
    ['foo 1', 'ends within a line'],
    ['foo 1\nba', 'ends within a line'],
    ['foo\n', 'is not in the format: foo'],
    ['foo{\n', 'is not in the format'],
    ['foo{a="b} 1\n', 'is not in the format'],
    ['foo{a=b} 1\n', 'is not in the format'],
    ['foo{a="1",a="2"} 1\n', 'is not in the format'],
    ['foo{a="1" b="2"} 1\n', 'is not in the format'],
    ['foo{"bar"} 1\n', 'is not in the format'],
    ['{a="b"} 1\n', 'is not in the format'],
    ['foo one\n', 'is not in the format'],
    ['foo 0x1p3\n', 'is not in the format'],
    ['foo 1 2 3\n', 'is not in the format'],
    ['foo 1 now\n', 'is not in the format'],
    ['foo+1\n', 'is not in the format'],
    ['1foo 1\n', 'is not in the format'],
    ['<html>\n', 'is not in the format'],
    ['{"json":true}\n', 'is not in the format'],
  ])('for %j', (page, fault) => {
    expect(parsePage(page, 'text')).toMatchObject({ fault: expect.stringContaining(fault) });
  });

  test('with the line', () => {
    expect(parsePage('# a\nb 1\nc\n', 'text')).toMatchObject({ line: 3 });
  });

  test('or read, whatever is in it; and one that was cut off never says what it did not say whole', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('text' as const, 'openmetrics' as const),
        (page, format) => {
          const parsed = parsePage(page, format);
          expect('fault' in parsed ? parsed.fault : parsed.length).not.toBe('');
        },
      ),
    );
    const whole = 'a{b="c"} 12 1395066363000\nd 345\ne{f="g\\n"} 6.5e3\n';
    fc.assert(
      fc.property(fc.nat({ max: whole.length }), (end) => {
        const parsed = parsePage(whole.slice(0, end), 'text');
        if ('fault' in parsed) return;
        expect(samples(whole).slice(0, parsed.length)).toEqual(parsed);
      }),
    );
  });

  test('quickly, be it ever so long', () => {
    // A parser that goes back over a line again and again would take minutes.
    const hostile = [
      `a{${'b="c",'.repeat(100_000)}`,
      `a{b="${'\\'.repeat(300_000)}`,
      `${' '.repeat(300_000)}x`,
      `a ${'# '.repeat(100_000)}`,
    ];
    for (const line of hostile) expect(parsePage(`${line}\n`, 'text')).toHaveProperty('fault');
  }, 20_000);
});
