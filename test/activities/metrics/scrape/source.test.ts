import { describe, expect, test } from '@jest/globals';
import type { MetricsSource } from '../../../../activities/metrics/source.ts';
import type { Problem } from '../../../../runbooks/errors.ts';
import { gates, refusal, serve, serveAlways, servePage, sourceFor } from '../pages.ts';

const plainErrors = { total: 'requests_total', bad: 'requests_total{code=~"5.."}' };
const ofVersion = {
  total: 'requests_total{version="$version"}',
  bad: 'requests_total{version="$version",code=~"5.."}',
};

const now = 1_700_000_000_000;
const scrape = (settings: object, more: object = {}, clock = () => now): MetricsSource =>
  sourceFor(gates({ scrape: settings }, { errors: ofVersion, ...more }), {}, clock);

const page = [
  '# TYPE requests_total counter',
  'requests_total{version="2.0.4",path="/",code="200"} 90',
  'requests_total{version="2.0.4",path="/",code="500"} 4',
  'requests_total{version="2.0.4",path="/cart",code="200"} 10',
  'requests_total{version="2.1.0",path="/",code="200"} 7',
  ...['0.1', '0.5', '+Inf'].map(
    (le, i) => `duration_seconds_bucket{version="2.0.4",le="${le}"} ${String(40 + 32 * i)}`,
  ),
  'queue{version="2.0.4"} 5',
  'process_start_time_seconds 1699999000.5',
  '',
].join('\n');

describe('a page of metrics', () => {
  test('is one instance, all series of a version added up, with its start', async () => {
    const { url, host } = await servePage(() => page);
    const more = {
      latency: { histogram: 'duration_seconds{version="$version"}' },
      saturation: [{ name: 'queue', query: 'queue{version="$version"}' }],
    };
    const source = scrape({ url: `${url}/metrics` }, more);
    expect(await source.check({ running: '2.0.4', other: ['2.1.0'] })).toEqual([]);
    expect(await source.read('2.0.4')).toEqual({
      at: now,
      arm: {
        at: 0,
        instances: [
          {
            id: host,
            requests: 104,
            errors: 4,
            started: -999.5,
            restarts: 0,
            latency: { le: [0.1, 0.5, '+Inf'], count: [40, 72, 104] },
            gauges: { queue: 5 },
          },
        ],
      },
    });
    expect((await scrape({ url }).read('2.1.0')).arm.instances).toEqual([
      { id: host, requests: 7, errors: 0, started: -999.5, restarts: 0 },
    ]);
    expect(await source.history('2.0.4', 0, now, 5000)).toEqual([]);
  });

  test('may be one of several, one per instance, each for a version', async () => {
    const asked: string[] = [];
    const server = await serve((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end(`requests_total{code="200"} ${String(asked.length)}\n`);
    });
    const urls = [`${server.url}/a/$version/metrics`, `${server.url}/b/metrics?v=$version`];
    const source = scrape({ urls }, { errors: plainErrors });
    const { arm } = await source.read('2.0.4+b');
    expect([...asked].sort()).toEqual(['/a/2.0.4%2Bb/metrics', '/b/metrics?v=2.0.4%2Bb']);
    expect(arm.instances.map(({ id }) => id)).toEqual([
      `${server.host}/a/2.0.4%2Bb/metrics`,
      `${server.host}/b/metrics?v=2.0.4%2Bb`,
    ]);
  });

  test('may hold several instances, by their labels', async () => {
    const text = ['a', 'b'].flatMap((pod, i) => [
      `requests_total{version="2.0.4",instance="${pod}",pod="p${pod}",code="200"} ${String(10 * (i + 1))}`,
      `process_start_time_seconds{instance="${pod}",pod="p${pod}"} ${String(1_700_000_000 - 60 * (i + 1))}`,
    ]);
    const { url, host } = await servePage(() => `${text.join('\n')}\n`);
    const ids = async (source: MetricsSource) =>
      (await source.read('2.0.4')).arm.instances.map(({ id, requests, started }) => [id, requests, started]);
    expect(await ids(scrape({ url }))).toEqual([
      ['a', 10, -60],
      ['b', 20, -120],
    ]);
    expect(await ids(scrape({ url, instance: ['pod'] }))).toEqual([
      ['pa', 10, -60],
      ['pb', 20, -120],
    ]);
    expect((await ids(scrape({ urls: [url, `${url}/2`] }))).map(([id]) => id)).toEqual([
      ...[`${host}/a`, `${host}/b`, `${host}/2/a`, `${host}/2/b`],
    ]);
    expect((await refusal(scrape({ url, instance: ['node'] }).read('2.0.4'))).message).toContain(
      'no label node',
    );
  });

  test('in OpenMetrics carries the times of its samples', async () => {
    const text = `# TYPE requests counter\nrequests_total{version="2.0.4",code="200"} 5.0 1699999990.250\n# EOF\n`;
    const { url } = await servePage(() => text, 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(await scrape({ url }).read('2.0.4')).toMatchObject({
      at: 1_699_999_990_250,
      arm: { instances: [{ requests: 5 }] },
    });
    const later = scrape({ url }, {}, () => now + 60_000);
    expect((await refusal(later.read('2.0.4'))).message).toContain(
      'are of 2023-11-14T22:13:10.250Z, too old to judge by',
    );
  });

  test('is moved on by the clock where it has no times', async () => {
    let time = now;
    const { url } = await servePage(() => page);
    const source = scrape({ url }, {}, () => time);
    const first = await source.read('2.0.4');
    time += 5000;
    const second = await source.read('2.0.4');
    expect(second.at - first.at).toBe(5000);
    expect(second.arm.instances[0]?.started).toBe(-1004.5);
  });
});

describe('a page is refused, and never zero:', () => {
  const text = { 'content-type': 'text/plain' };
  test.each<[string, number, Record<string, string>, string, string]>([
    ['a web page', 200, { 'content-type': 'text/html' }, '<html>log in</html>', 'is text/html'],
    ['a web page that claims to be text', 200, text, '<html>\nlog in\n', 'line 1, is not in the format'],
    ['one that is cut off', 200, text, page.slice(0, -9), 'ends within a line'],
    ['nothing', 200, text, '', 'has no errors.total of 2.0.4'],
    ['another version', 200, text, page.replaceAll('2.0.4', '2.0.3'), 'has no errors.total of 2.0.4'],
    ['NaN', 200, text, page.replace('"} 90', '"} NaN'), 'errors.total is NaN'],
    ['a negative count', 200, text, page.replace('"} 4', '"} -4'), 'errors.total is -4'],
    [
      'a series that stands twice',
      200,
      text,
      page.replace('path="/cart"', 'path="/"'),
      'errors.total stands twice',
    ],
    [
      'too many series',
      200,
      text,
      Array.from({ length: 5001 }, (_, i) => `requests_total{version="2.0.4",i="${String(i)}"} 1\n`).join(''),
      'errors.total returned 5001 series',
    ],
    ['401', 401, text, 'who?', 'answers 401: "who?"'],
    ['404', 404, text, '', 'answers 404.'],
    ['500', 500, text, 'boom', 'answers 500: "boom"'],
    ['204', 204, {}, '', 'answers 204.'],
    ['a redirect', 301, { location: '/login' }, '', 'a redirect to http://127.0.0.1'],
  ])('%s', async (_what, status, headers, body, says) => {
    const { url } = await serveAlways(status, headers, body);
    const error = await refusal(scrape({ url: `${url}/metrics` }).read('2.0.4'));
    expect(error.code).toBe('METRICS_UNAVAILABLE');
    expect(error.message).toContain(says);
    expect(error.message).toContain(url);
    expect(error.hint).toMatch(/.{10}/);
  });

  test('one of several that is away', async () => {
    const { url } = await servePage(() => page);
    const error = await refusal(scrape({ urls: [url, 'http://127.0.0.1:1/metrics'] }).read('2.0.4'));
    expect(error.message).toBe(
      'The metrics page http://127.0.0.1:1/metrics can not be reached (nobody listens there).',
    );
  });

  test('one that takes too long', async () => {
    const { url } = await serve(() => undefined);
    const error = await refusal(scrape({ url, timeout: '100ms' }).read('2.0.4'));
    expect(error.message).toContain('does not answer within 100 ms');
  });

  test('errors of an instance without requests', async () => {
    const errors = { total: 'requests_total{version="$version"}', bad: 'errors_total{version="$version"}' };
    const { url } = await servePage(() => `${page}errors_total{version="2.0.4",instance="b"} 1\n`);
    expect((await refusal(scrape({ url }, { errors }).read('2.0.4'))).message).toContain('errors.bad on ');
  });

  test('a gauge with several series for an instance', async () => {
    const { url } = await servePage(() => page);
    const saturation = [{ name: 'codes', query: 'requests_total{version="$version"}' }];
    expect((await refusal(scrape({ url }, { saturation }).read('2.0.4'))).message).toContain(
      'saturation.codes returned 3 series',
    );
  });
});

describe('the check of pages', () => {
  const check = async (
    text: string,
    more: object = {},
    other: readonly string[] = [],
  ): Promise<readonly Problem[]> => {
    const { url } = await servePage(() => text);
    return scrape({ url }, more).check({ running: '2.0.4', other });
  };

  test('says what there is instead', async () => {
    const [problem] = await check(page.replaceAll('2.0.4', 'v2.0.4'));
    expect(problem?.message).toContain(
      'has 4 series of requests_total with version="v2.0.4", version="2.1.0"',
    );
    expect(problem?.hint).toContain('version="v$version"');
    const [missing] = await check(page.replaceAll('requests_total', 'calls_total'));
    expect(missing?.message).toContain('The page has no requests_total at all');
  });

  test('refuses queries that mix versions', async () => {
    const loose = { total: 'requests_total{version=~"$version.*"}', bad: ofVersion.bad };
    const [mixed] = await check(page.replaceAll('2.1.0', '2.0.40'), { errors: loose });
    expect(mixed?.message).toContain('several versions for 2.0.4: version is 2.0.4, 2.0.40');
    const [caught] = await check(page, { errors: loose }, ['2.0.41']);
    expect(caught?.message).toContain('can not tell 2.0.4 from 2.0.41');
  });

  test('refuses labels that no error will have, and gauges without a number', async () => {
    const bad = 'requests_total{version="$version",status=~"5.."}';
    const [misspelt] = await check(page, { errors: { ...ofVersion, bad } });
    expect(misspelt?.message).toContain('asks for the label status');
    const saturation = [{ name: 'cpu', query: 'cpu{version="$version"}' }];
    const [gauge] = await check(page, { saturation });
    expect(gauge?.message).toContain('saturation.cpu returned no number');
  });

  test('says when nobody answers', async () => {
    const problems = await scrape({ url: 'http://127.0.0.1:1' }).check({ running: '2.0.4', other: [] });
    expect(problems).toMatchObject([
      { code: 'METRICS_UNAVAILABLE', message: expect.stringContaining('nobody listens') },
    ]);
  });
});
