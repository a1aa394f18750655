import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { MetricsSource } from '../../../../activities/metrics/source.ts';
import type { InstanceReading } from '../../../../src/gates/reading.ts';
import { describeWithPrometheus, startPrometheus, until, untilUp } from '../../../servers/prometheus.ts';
import type { PrometheusServer } from '../../../servers/prometheus.ts';
import { bad, gates, prometheusAt, refusal, servePage, sourceFor, total } from '../pages.ts';
import type { Served } from '../pages.ts';

const histogram = 'http_request_duration_seconds{version="$version"}';

/** Two paths, answered in two histograms; `codes` are the counts of the path `/` by status. */
const shopPage = (version: string, codes: Readonly<Record<string, number>>, cart = 0): string =>
  [
    ...Object.entries(codes).map(
      ([code, count]) => `http_requests_total{version="${version}",path="/",code="${code}"} ${String(count)}`,
    ),
    `http_requests_total{version="${version}",path="/cart",code="200"} ${String(cart)}`,
    ...['0.1', '0.5', '+Inf'].map(
      (le, i) =>
        `http_request_duration_seconds_bucket{version="${version}",path="/",le="${le}"} ${String(10 * (i + 1))}`,
    ),
    ...['0.1', '0.25', '0.5', '+Inf'].map(
      (le, i) =>
        `http_request_duration_seconds_bucket{version="${version}",path="/cart",le="${le}"} ${String(i + 1)}`,
    ),
    `queue_depth{version="${version}"} 7`,
    '',
  ].join('\n');

/** Every scrape finds ten more requests in each of 50 series, and one more error in each of 10. */
const countingPage = (): (() => string) => {
  let scrapes = 0;
  return () => {
    scrapes += 1;
    const good = Array.from(
      { length: 50 },
      (_, i) =>
        `http_requests_total{version="7.0.0",path="/${String(i)}",code="200"} ${String(10 * scrapes)}`,
    );
    const failed = Array.from(
      { length: 10 },
      (_, i) => `http_requests_total{version="7.0.0",path="/${String(i)}",code="500"} ${String(scrapes)}`,
    );
    return `${[...good, ...failed].join('\n')}\n`;
  };
};

/** Two targets that claim to be one instance, at times of their own, and one whose errors claim to be another's. */
const strangePage = (target: 1 | 2): string => {
  // Even for one and odd for the other: scrapes that fall on one millisecond would be taken for one.
  const time = String(2 * Math.floor(Date.now() / 2) - target);
  return [
    `http_requests_total{version="5.0.0",job="y",instance="same",pod="${String(target)}"} 10 ${time}`,
    `${target === 1 ? 'http_requests_total' : 'http_errors_total'}{version="6.0.0",job="x",instance="same"} 1 ${time}`,
    `http_requests_total{version="4.0.0",job="z",instance="one"} 10`,
    `http_errors_total{version="4.0.0",job="z",instance="other"} 1`,
    '',
  ].join('\n');
};

const byId = (instances: readonly InstanceReading[]): ReadonlyMap<string, InstanceReading> =>
  new Map(instances.map((instance) => [instance.id, instance]));

describeWithPrometheus('readings from a real Prometheus', () => {
  let texts: Record<'a' | 'b' | 'c' | 'e', string>;
  let pages: Record<'a' | 'b' | 'c' | 'e' | 'counting' | 'mortal' | 'one' | 'two', Served>;
  let server: PrometheusServer;

  const source = (more: Readonly<Record<string, unknown>> = {}, settings: object = {}): MetricsSource =>
    prometheusAt(server.url, more, { ...settings });

  beforeAll(async () => {
    texts = {
      a: shopPage('2.0.4', { 200: 100, 500: 3 }, 50),
      b: shopPage('2.0.4', { 200: 40 }),
      c: shopPage('2.1.0', { 200: 20 }),
      e: shopPage('9.0.0', { 200: 500, 500: 5 }, 50),
    };
    pages = {
      a: await servePage(() => texts.a),
      b: await servePage(() => texts.b),
      c: await servePage(() => texts.c),
      e: await servePage(() => texts.e),
      counting: await servePage(countingPage()),
      mortal: await servePage(() => shopPage('8.0.0', { 200: 1 })),
      one: await servePage(() => strangePage(1)),
      two: await servePage(() => strangePage(2)),
    };
    const targets = Object.values(pages).map(({ host }) => host);
    server = await startPrometheus([{ job: 'shop', targets, intervalMs: 250 }]);
    await untilUp(server, targets.length);
  });

  afterAll(() => server.stop());

  test('are counters per instance, all series of one added up, at the time of their scrape', async () => {
    const { at, arm } = await source({ latency: { histogram } }).read('2.0.4');
    const instances = byId(arm.instances);
    expect(arm.at).toBe(0);
    expect([...instances.keys()].sort()).toEqual([`shop/${pages.a.host}`, `shop/${pages.b.host}`].sort());
    expect(instances.get(`shop/${pages.a.host}`)).toEqual({
      id: `shop/${pages.a.host}`,
      requests: 153,
      errors: 3,
      // Bounds that both paths have: counts at a bound of one of them alone would fall short.
      latency: { le: [0.1, 0.5, '+Inf'], count: [11, 23, 34] },
    });
    const scrapes = await server.query(`timestamp(http_requests_total{version="2.0.4"})`);
    expect(Math.max(...scrapes.map(({ value }) => value * 1000))).toBeGreaterThanOrEqual(at - 1);
    expect(Math.abs(Date.now() - at)).toBeLessThan(60_000);
  });

  test('say no errors where a version has none yet, and all of them when it has', async () => {
    const canary = source();
    expect((await canary.read('2.1.0')).arm.instances).toMatchObject([{ requests: 20, errors: 0 }]);
    texts.c = shopPage('2.1.0', { 200: 20, 503: 4 });
    const found = await until('the errors are scraped', async () => {
      const { arm } = await canary.read('2.1.0');
      return arm.instances[0]?.errors === 0 ? null : arm;
    });
    expect(found.instances).toMatchObject([{ requests: 24, errors: 4 }]);
  });

  test('move on with the scrapes, and say a scrape twice with its own time', async () => {
    const one = source();
    const first = await one.read('2.0.4');
    const second = await until('another scrape', async () => {
      const next = await one.read('2.0.4');
      return next.at === first.at ? null : next;
    });
    expect(second.at).toBeGreaterThan(first.at);
    expect(second.arm).toEqual(first.arm);
  });

  test('never mix two scrapes of an instance', async () => {
    const counting = source();
    const seen = new Set<number>();
    await until('a dozen scrapes', async () => {
      const { arm } = await counting.read('7.0.0');
      const [instance] = arm.instances;
      const { requests = 0, errors = 0 } = instance ?? {};
      expect({ requests, errors }).toEqual({ requests: 51 * errors, errors: 10 * Math.round(errors / 10) });
      seen.add(requests);
      return seen.size >= 12 ? true : null;
    });
  });

  test('are the same, with the same times, where Prometheus adds up', async () => {
    const sums = source({
      errors: { total: `sum by (instance) (${total})`, bad: `sum by (instance) (${bad})` },
      latency: { histogram: `sum by (instance) (${histogram})` },
    });
    const [raw, added] = [await source({ latency: { histogram } }).read('2.0.4'), await sums.read('2.0.4')];
    expect(added.at).toBeGreaterThanOrEqual(raw.at);
    const times = await server.query('timestamp(http_requests_total{version="2.0.4"})');
    expect(added.at).toBeLessThanOrEqual(Math.max(...times.map(({ value }) => Math.round(value * 1000))));
    const a = byId(added.arm.instances).get(pages.a.host);
    const latency = { le: [0.1, 0.5, '+Inf'], count: [11, 23, 34] };
    expect(a).toEqual({ id: pages.a.host, requests: 153, errors: 3, latency });

    const counting = source({
      errors: { total: `sum by (instance) (${total})`, bad: `sum(${bad}) by (instance)` },
    });
    const { arm } = await counting.read('7.0.0');
    expect(arm.instances[0]?.requests).toBe(51 * (arm.instances[0]?.errors ?? 0));
  });

  test('follow a restart, with whatever series the new process has', async () => {
    const restarting = source();
    expect((await restarting.read('9.0.0')).arm.instances).toMatchObject([{ requests: 555, errors: 5 }]);
    texts.e = 'http_requests_total{version="9.0.0",path="/",code="200"} 2\n';
    const seen: number[] = [];
    const after = await until('the new process is scraped', async () => {
      const { arm } = await restarting.read('9.0.0');
      seen.push(arm.instances[0]?.requests ?? -1);
      return arm.instances[0]?.requests === 555 ? null : arm;
    });
    expect(after.instances).toMatchObject([{ requests: 2, errors: 0 }]);
    expect(new Set(seen)).toEqual(new Set([555, 2]));
  });

  test('know instances by the labels that the file names', async () => {
    const named = await source({}, { instance: ['instance', 'job'] }).read('2.0.4');
    expect(named.arm.instances.map(({ id }) => id)).toContain(`${pages.a.host}/shop`);
    const error = await refusal(source({}, { instance: ['pod'] }).read('2.0.4'));
    expect(error.message).toContain('has no label pod');
    expect(error.message).toContain('instance, job, path, version');
  });

  test('have gauges of the instances, or of the arm, or none where the query has no number', async () => {
    const saturation = [
      { name: 'queue', query: 'queue_depth{version="$version"}' },
      { name: 'worst', query: 'max(queue_depth{version="$version"})' },
      { name: 'nan', query: 'sum(queue_depth{version="$version"}) * NaN' },
      { name: 'none', query: 'queue_length{version="$version"}' },
      { name: 'number', query: 'scalar(count(up{version="$version"} or up)) * 0 + 3' },
    ];
    const { arm } = await source({ saturation }).read('2.0.4');
    expect(arm.gauges).toEqual({ worst: 7, number: 3 });
    expect(arm.instances.map(({ gauges: values }) => values)).toEqual([{ queue: 7 }, { queue: 7 }]);
    const several = [
      { name: 'depth', query: 'sum by (version, path) (http_requests_total{version="$version"})' },
    ];
    const error = await refusal(source({ saturation: several }).read('2.0.4'));
    expect(error.message).toContain('saturation.depth returned 2 series');
    expect(error.hint).toContain('avg(sum by (version, path)');
  });

  test('are refused, and never zero, once the version is not scraped any more', async () => {
    const dying = source({}, { fresh: '2s' });
    await dying.read('8.0.0');
    await pages.mortal.close();
    const error = await until('the last sample is old', async () => {
      try {
        const { arm } = await dying.read('8.0.0');
        expect(arm.instances).toMatchObject([{ requests: 1, errors: 0 }]);
        return null;
      } catch (caught) {
        return caught;
      }
    });
    expect(error).toMatchObject({ code: 'METRICS_UNAVAILABLE' });
    expect(String(error)).toContain('no sample of errors.total for 8.0.0 in the last 2 s');
    const sums = source({ errors: { total: `sum by (instance) (${total})`, bad } }, { fresh: '2s' });
    expect((await refusal(sums.read('8.0.0'))).message).toContain('no sample of errors.total');
  });

  test('are refused with the mend where targets can not be told apart', async () => {
    const refusedOnce = (reader: MetricsSource, version: string) =>
      until(`both targets of ${version} were scraped`, () => refusal(reader.read(version)).catch(() => null));
    const split = await refusedOnce(source(), '5.0.0');
    expect(split.message).toContain('The series of instance y/same are not of the same scrapes');
    expect(split.hint).toContain('`instance`');
    for (let i = 0; i < 20; i += 1) await refusal(source().read('5.0.0'));
    expect((await source({}, { instance: ['instance', 'pod'] }).read('5.0.0')).arm.instances).toHaveLength(2);

    const elsewhere = { total, bad: 'http_errors_total{version="$version"}' };
    const apart = await refusedOnce(source({ errors: elsewhere }), '6.0.0');
    expect(apart.message).toContain(
      'errors.bad and errors.total of instance x/same are never of the same scrape',
    );

    const strange = await refusal(source({ errors: elsewhere }).read('4.0.0'));
    expect(strange.message).toContain('know no instance in common: z/other here, z/one there');
  });

  test('of an expression that Prometheus can not run are refused with its words', async () => {
    const saturation = [{ name: 'cpu', query: 'avg(cpu{version="$version"}' }];
    const error = await refusal(
      sourceFor(gates({ prometheus: { url: server.url } }, { saturation })).read('2.0.4'),
    );
    expect(error.message).toContain('asked for saturation.cpu, answers 400: "');
    expect(error.message).toContain('parse error');
    expect(error.hint).toContain('Correct the query');
  });
});
