import { describe, expect, test } from '@jest/globals';
import { readAnswer } from '../../../../activities/metrics/prometheus/answer.ts';
import { requestsFor } from '../../../../activities/metrics/prometheus/counters.ts';
import { counterOf } from '../../../../activities/metrics/queries.ts';
import fc from 'fast-check';
import { gates, serve, sourceFor } from '../pages.ts';

describe('requestsFor', () => {
  const kinds = (...texts: readonly string[]) =>
    requestsFor(texts.map((text, i) => counterOf(`q${String(i)}`, text))).map(({ kind, members }) => [
      kind,
      ...members.map(({ place }) => place),
    ]);

  test('asks at once for what shares its version, so that all is of one replica', () => {
    expect(kinds('x{v="$version"}', 'x{v="$version",code=~"5.."}', 'h_bucket{v="$version"}')).toEqual([
      ['series', 'q0', 'q1', 'q2'],
    ]);
    expect(kinds('sum by (i) (x{v="$version"})', 'sum by (i) (y{w="$version"})')).toEqual([
      ['sums', 'q0', 'q1'],
    ]);
  });

  test('asks apart for what would bring all versions, or what only Prometheus can tell apart', () => {
    expect(kinds('x{v="$version"}', 'x{w="$version"}')).toEqual([
      ['series', 'q0'],
      ['series', 'q1'],
    ]);
    expect(kinds('x{a="b",v="$version"}', 'x{a="b",v=~"$version"}')).toEqual([
      ['series', 'q0'],
      ['series', 'q1'],
    ]);
    expect(kinds('x{v="$version"}', 'x{v="$version",code=~"(?i)5.."}')).toEqual([
      ['series', 'q0'],
      ['series', 'q1'],
    ]);
  });

  test('asks for the first counter first', () => {
    expect(kinds('sum by (i) (x{v="$version"})', 'x{v="$version"}')).toEqual([
      ['sums', 'q0'],
      ['series', 'q1'],
    ]);
    expect(kinds('x{v="$version"}', 'sum by (i) (x{v="$version"})')).toEqual([
      ['series', 'q0'],
      ['sums', 'q1'],
    ]);
  });
});

test('what is asked for apart is asked for at the time of the newest total', async () => {
  const asked: (readonly [string, string | null])[] = [];
  const { url } = await serve((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://prometheus');
    asked.push([searchParams.get('query') ?? '', searchParams.get('time')]);
    const values = [[1_700_000_000.123, '3']];
    const result = [{ metric: { __name__: 'x', instance: 'a' }, values }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
  });
  const errors = { total: 'x{v="$version"}', bad: 'y{w="$version"}' };
  await sourceFor(gates({ prometheus: { url } }, { errors })).read('1.0');
  expect(asked).toEqual([
    ['x{v="1.0"}[60000ms]', null],
    ['y{w="1.0"}[60000ms]', '1700000000.123'],
    [expect.stringContaining('process_start_time_seconds'), '1700000000.123'],
  ]);
});

test('any answer is understood or a fault, never an exception', () => {
  const anyAnswer = fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .record({
        status: fc.constant('success'),
        data: fc.record({ resultType: fc.constantFrom('vector', 'matrix', 'scalar'), result: fc.anything() }),
      })
      .map((value) => JSON.stringify(value)),
    fc
      .array(
        fc.record({
          metric: fc.dictionary(fc.string(), fc.string()),
          values: fc.array(fc.tuple(fc.double({ noNaN: true }), fc.string())),
        }),
      )
      .map((result) => JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })),
  );
  fc.assert(
    fc.property(anyAnswer, fc.constantFrom(200, 204, 400, 503), (text, status) => {
      const found = readAnswer({ status, contentType: 'application/json', text }, 5000);
      if ('fault' in found) expect(found.hint).not.toBe('');
      else
        for (const { points } of found) for (const [time] of points) expect(Number.isNaN(time)).toBe(false);
    }),
  );
});
