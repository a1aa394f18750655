import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Problem } from '../../../../runbooks/errors.ts';
import { describeWithPrometheus, startPrometheus, untilUp } from '../../../servers/prometheus.ts';
import type { PrometheusServer } from '../../../servers/prometheus.ts';
import { bad, gates, prometheusAt, refusal, servePage, sourceFor, total } from '../pages.ts';

const page = (version: string): string =>
  [
    `http_requests_total{app="shop",version="${version}",code="200"} 10`,
    `http_request_duration_seconds_bucket{app="shop",version="${version}",le="0.1"} 9`,
    `http_request_duration_seconds_bucket{app="shop",version="${version}",le="+Inf"} 10`,
    `calls_total{version="${version}"${version === '2.0.40' ? ',failure="timeout"' : ''}} 1`,
    `queue_depth{app="shop",version="${version}"} 3`,
    '',
  ].join('\n');

const manyPage = (): string =>
  Array.from(
    { length: 5001 },
    (_, i) => `http_requests_total{version="5.0.0",code="200",path="/${String(i)}"} 1\n`,
  ).join('');

describeWithPrometheus('the check of a real Prometheus', () => {
  let server: PrometheusServer;

  beforeAll(async () => {
    const texts = [() => page('2.0.4'), () => page('2.0.40'), () => page('v3.0.0'), manyPage];
    const pages = await Promise.all(texts.map((text) => servePage(text)));
    server = await startPrometheus([{ job: 'shop', targets: pages.map(({ host }) => host) }]);
    await untilUp(server, pages.length);
  });

  afterAll(() => server.stop());

  const check = (
    running: string,
    more: Readonly<Record<string, unknown>> = {},
    other: readonly string[] = [],
  ): Promise<readonly Problem[]> => prometheusAt(server.url, more).check({ running, other });

  const only = async (found: Promise<readonly Problem[]>): Promise<Problem> => {
    const problems = await found;
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: 'METRICS_UNAVAILABLE', hint: expect.stringMatching(/\.$/) });
    return problems[0] ?? { code: 'INTERNAL', message: 'none' };
  };

  test('knows nothing against queries that can be read, errors without a series included', async () => {
    const more = {
      latency: { histogram: 'http_request_duration_seconds{version="$version"}' },
      saturation: [{ name: 'queue', query: 'max(queue_depth{version="$version"})' }],
    };
    expect(await check('2.0.4', more, ['2.1.0'])).toEqual([]);
    const sums = { total: `sum by (instance) (${total})`, bad: `sum by (instance) (${bad})` };
    expect(await check('2.0.4', { errors: sums }, ['2.1.0'])).toEqual([]);
  });

  test('says which versions there are where the one that runs is not', async () => {
    const { message, hint } = await only(check('3.0.0'));
    expect(message).toContain(
      'errors.total returned nothing for 3.0.0, which runs now: http_requests_total{version="3.0.0"}.',
    );
    for (const version of ['2.0.4', '2.0.40', 'v3.0.0']) expect(message).toContain(`version="${version}"`);
    expect(hint).toContain('version="v$version"');
  });

  test.each([
    ['nothing_total{version="$version"}', 'There is no series of nothing_total at all.'],
    [
      'queue_depth{version="$version",app="other"}',
      'There are 3 series of queue_depth, none with the other labels.',
    ],
  ])('says what there is instead of %s', async (query, says) => {
    expect((await only(check('2.0.4', { errors: { total: query, bad } }))).message).toContain(says);
  });

  test('refuses a label that no error will ever have', async () => {
    const misspelt = { total, bad: 'http_requests_total{version="$version",status=~"5.."}' };
    const { message } = await only(check('2.0.4', { errors: misspelt }));
    expect(message).toContain('errors.bad asks for the label status');
    expect(message).toContain('they have app, code, instance, job, version');
  });

  test('allows a label that errors of another version have', async () => {
    const calls = {
      total: 'calls_total{version="$version"}',
      bad: 'calls_total{version="$version",failure=~".+"}',
    };
    expect(await check('2.0.4', { errors: calls })).toEqual([]);
  });

  test('refuses a query that returns several versions, or will', async () => {
    const loose = {
      total: 'http_requests_total{version=~"$version.*"}',
      bad: 'http_requests_total{version=~"$version.*",code="500"}',
    };
    expect((await only(check('2.0.4', { errors: loose }))).message).toBe(
      'errors.total returned several versions for 2.0.4: version is 2.0.4, 2.0.40.',
    );
    const sums = { total: `sum by (instance) (${loose.total})`, bad };
    expect((await only(check('2.0.4', { errors: sums }))).message).toContain('several versions');
    const later = await only(check('2.0.40', { errors: { ...loose, bad } }, ['2.0.401']));
    expect(later.message).toContain('can not tell 2.0.40 from 2.0.401: version=~"$version.*" fits both');
    const both = { total: 'http_requests_total{version=~"$version|v3.0.0"}', bad };
    expect((await only(check('v3.0.0', { errors: both }, ['9.9.9', '2.0.4']))).message).toContain(
      'returned 1 series for v3.0.0 that it returned for 9.9.9 as well',
    );
  });

  test('refuses more than 5,000 series with the sum that mends it, and the sum does', async () => {
    const { message, hint } = await only(check('5.0.0'));
    expect(message).toContain('errors.total returned 5001 series for 5.0.0');
    const mend = /sum by \(instance\) \(.*\)(?=\.$)/.exec(hint ?? '')?.[0] ?? '';
    expect(mend).toBe(`sum by (instance) (${total})`);
    const mended = prometheusAt(server.url, { errors: { total: mend, bad: `sum by (instance) (${bad})` } });
    expect(await mended.check({ running: '5.0.0', other: [] })).toEqual([]);
    expect((await mended.read('5.0.0')).arm.instances).toMatchObject([{ requests: 5001, errors: 0 }]);
    const reading = await refusal(prometheusAt(server.url).read('5.0.0'));
    expect(reading.hint).toContain(mend);
  });

  test('refuses gauges without a number', async () => {
    const saturation = [
      { name: 'length', query: 'max(queue_length{version="$version"})' },
      { name: 'nan', query: 'max(queue_depth{version="$version"}) * NaN' },
      { name: 'fine', query: 'max(queue_depth{version="$version"})' },
    ];
    const problems = await check('2.0.4', { saturation });
    expect(problems.map(({ details }) => details?.['place'])).toEqual([
      'saturation.length',
      'saturation.nan',
    ]);
  });

  test('tells everything that is wrong with the counters at once', async () => {
    const more = { latency: { histogram: 'http_request_time_seconds{version="$version"}' } };
    const problems = await check('7.7.7', {
      ...more,
      errors: { total, bad: bad.replace('total', 'sum') },
    });
    expect(problems.map(({ details }) => details?.['place'])).toEqual(['errors.total', 'latency.histogram']);
  });

  test('refuses clocks that disagree', async () => {
    const policy = gates({ prometheus: { url: server.url } });
    const ahead = sourceFor(policy, {}, () => Date.now() + 600_000);
    expect((await only(ahead.check({ running: '2.0.4', other: [] }))).message).toContain('10 min');
    const behind = sourceFor(policy, {}, () => Date.now() - 600_000);
    expect((await only(behind.check({ running: '2.0.4', other: [] }))).message).toContain('in the future');
  });

  test('of one that is not there is one problem', async () => {
    const { message } = await only(prometheusAt('http://127.0.0.1:1').check({ running: '2.0.4', other: [] }));
    expect(message).toContain('can not be reached (nobody listens there)');
  });
});
