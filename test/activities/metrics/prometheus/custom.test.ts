import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readHistory } from '../../../../activities/metrics/arm.ts';
import { describeWithPrometheus, startPrometheus, until, untilUp } from '../../../servers/prometheus.ts';
import type { PrometheusServer } from '../../../servers/prometheus.ts';
import { prometheusAt, servePage } from '../pages.ts';
import type { Served } from '../pages.ts';

/** Every scrape finds ten more requests, four more payments with one more declined, and two more searches. */
const growingPage = (): (() => string) => {
  let n = 0;
  return () => {
    n += 1;
    return [
      `http_requests_total{version="2.0.4",code="200"} ${String(10 * n)}`,
      `payments_total{version="2.0.4",shop="a",result="ok"} ${String(3 * n)}`,
      `payments_total{version="2.0.4",shop="b",result="declined"} ${String(n)}`,
      `search_seconds_count{version="2.0.4"} ${String(2 * n)}`,
      `search_seconds_bucket{version="2.0.4",le="0.1"} ${String(n)}`,
      `search_seconds_bucket{version="2.0.4",le="+Inf"} ${String(2 * n)}`,
      '',
    ].join('\n');
  };
};

const payments = {
  name: 'payments',
  total: 'payments_total{version="$version"}',
  bad: 'payments_total{version="$version",result="declined"}',
};
const search = { name: 'search', histogram: 'search_seconds{version="$version"}' };
const summed = {
  name: 'summed',
  total: 'sum by (job, instance) (payments_total{version="$version"})',
  bad: 'sum by (job, instance) (payments_total{version="$version",result="declined"})',
};

describeWithPrometheus("a service's own metrics on a real Prometheus", () => {
  let page: Served;
  let server: PrometheusServer;
  const from = Date.now();

  beforeAll(async () => {
    page = await servePage(growingPage());
    server = await startPrometheus([{ job: 'shop', targets: [page.host], intervalMs: 250 }]);
    await untilUp(server, 1);
    await until('eight scrapes', async () => {
      const [found] = await server.query('count_over_time(payments_total{result="ok"}[1m])');
      return (found?.value ?? 0) >= 8 ? true : null;
    });
  });
  afterAll(() => server.stop());

  const source = (...custom: readonly unknown[]) => prometheusAt(server.url, { custom });

  test('are raw counters per instance of one scrape, with its time', async () => {
    const reader = source(payments, search, summed);
    expect(await reader.check({ running: '2.0.4', other: ['2.1.0'] })).toEqual([]);
    const { at, arm } = await reader.read('2.0.4');
    const { payments: paid, search: searched, summed: sum } = arm.custom ?? {};
    const id = `shop/${page.host}`;
    const [first] = paid?.instances ?? [];
    expect(first).toEqual({ id, requests: 4 * (first?.errors ?? 0), errors: expect.any(Number) });
    expect(first?.errors).toBeGreaterThanOrEqual(8);
    const [found] = searched?.instances ?? [];
    const count = found?.requests ?? 0;
    expect(found).toEqual({
      ...{ id, requests: count, errors: 0 },
      latency: { le: [0.1, '+Inf'], count: [count / 2, count] },
    });
    expect(sum?.instances).toEqual([
      { id, requests: expect.any(Number), errors: (sum?.instances[0]?.requests ?? 0) / 4 },
    ]);
    // Each of its own moment: some scrapes before or after that of the requests.
    for (const own of [paid, searched, sum]) expect(Math.abs(own?.at ?? 99)).toBeLessThan(30);
    expect(at).toBeGreaterThan(from);
  });

  test('have a past, each reading the newest that the requests had by then', async () => {
    const zeroMs = Date.now();
    const span = { zeroMs, spanMs: zeroMs - from, everyMs: 250 };
    const past = await readHistory(source(payments), '2.0.4', span);
    const told = past.flatMap(({ t, baseline }) => {
      const own = baseline?.custom?.['payments'];
      return own === null || own === undefined ? [] : [{ t, at: own.at ?? t, own }];
    });
    expect(told.length).toBeGreaterThan(4);
    for (const [i, { t, at, own }] of told.entries()) {
      expect(at).toBeLessThanOrEqual(t);
      expect(at).toBeGreaterThan(told[i - 1]?.at ?? Number.NEGATIVE_INFINITY);
      expect(own.instances[0]?.requests).toBe(4 * (own.instances[0]?.errors ?? 0));
    }
  });

  test('that no version has are unknown, and refused before a rollout with their place', async () => {
    const reader = source({ ...payments, total: 'pavments_total{version="$version"}' }, search);
    const { arm } = await reader.read('2.0.4');
    expect(arm.custom?.['payments']).toBeNull();
    expect(arm.custom?.['search']).not.toBeNull();
    const [problem, ...others] = await reader.check({ running: '2.0.4', other: [] });
    expect(problem?.message).toMatch(
      /^custom\.payments\.total returned nothing for 2\.0\.4.* There is no series of pavments_total at all\.$/,
    );
    expect(others).toEqual([]);
  });
});
