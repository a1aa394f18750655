import { describe, expect, test } from '@jest/globals';
import { readArm } from '../../../../activities/metrics/arm.ts';
import { gates, serve, servePage, sourceFor } from '../pages.ts';

const now = 1_700_000_000_000;
const custom = [
  {
    name: 'payments',
    total: 'payments_total{version="$version"}',
    bad: 'payments_total{version="$version",result="declined"}',
  },
  { name: 'search', histogram: 'search_seconds{version="$version"}' },
];
const errors = {
  total: 'requests_total{version="$version"}',
  bad: 'requests_total{version="$version",code=~"5.."}',
};

const page = [
  'requests_total{version="2.0.4",code="200"} 90',
  'payments_total{version="2.0.4",result="ok"} 40',
  'payments_total{version="2.0.4",result="declined"} 2',
  'search_seconds_count{version="2.0.4"} 30',
  ...['0.1', '0.5', '+Inf'].map(
    (le, i) => `search_seconds_bucket{version="2.0.4",le="${le}"} ${String(10 + 10 * i)}`,
  ),
  'process_start_time_seconds 1699999000.5',
  '',
];

const sourceOn = (url: string, metrics: readonly unknown[] = custom) =>
  sourceFor(gates({ scrape: { url } }, { errors, custom: metrics }), {}, () => now);

describe("a service's own metrics on a page", () => {
  test('are read beside its requests, from the same answer', async () => {
    let answers = 0;
    const served = await serve((_request, response) => {
      answers += 1;
      response.writeHead(200, { 'content-type': 'text/plain' }).end(page.join('\n'));
    });
    const source = sourceOn(served.url);
    expect(await source.check({ running: '2.0.4', other: ['2.1.0'] })).toEqual([]);
    answers = 0;
    const { arm } = await source.read('2.0.4');
    expect(answers).toBe(1);
    const instance = { id: served.host, started: -999.5, restarts: 0 };
    expect(arm).toEqual({
      at: 0,
      instances: [{ ...instance, requests: 90, errors: 0 }],
      custom: {
        payments: { at: 0, instances: [{ ...instance, requests: 42, errors: 2 }] },
        search: {
          at: 0,
          instances: [
            {
              ...{ ...instance, requests: 30, errors: 0 },
              latency: { le: [0.1, 0.5, '+Inf'], count: [10, 20, 30] },
            },
          ],
        },
      },
    });
  });

  test('one that is not there is unknown and takes nothing from the others', async () => {
    const { url } = await servePage(() => page.filter((line) => !line.startsWith('payments')).join('\n'));
    const { arm } = await sourceOn(url).read('2.0.4');
    expect(arm.instances).toHaveLength(1);
    expect(arm.custom?.['payments']).toBeNull();
    expect(arm.custom?.['search']).not.toBeNull();
  });

  test("are put on the watch's clock with their starts", async () => {
    const { url } = await servePage(() => page.join('\n'));
    const { arm } = await readArm(sourceOn(url), '2.0.4', now - 60_000);
    expect(arm?.custom?.['payments']).toMatchObject({ at: 60, instances: [{ started: 60 - 999.5 }] });
  });

  test('are asked for before a rollout: what is wrong names its place', async () => {
    const { url } = await servePage(() => page.join('\n'));
    const misspelt = [
      { ...custom[0], bad: 'payments_total{version="$version",reslut="declined"}' },
      { name: 'search', histogram: 'serach_seconds{version="$version"}' },
    ];
    const problems = await sourceOn(url, misspelt).check({ running: '2.0.4', other: ['2.1.0'] });
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^custom\.payments\.bad asks for the label reslut, which no series of payments_total/,
      ),
      expect.stringMatching(
        /^custom\.search\.histogram \(count\) returned nothing for 2\.0\.4.* no serach_seconds_count at all/,
      ),
      expect.stringMatching(/^custom\.search\.histogram returned nothing for 2\.0\.4/),
    ]);
  });
});
