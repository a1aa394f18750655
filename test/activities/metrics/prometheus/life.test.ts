import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { MetricsSource } from '../../../../activities/metrics/source.ts';
import { describeWithPrometheus, startPrometheus, until, untilUp } from '../../../servers/prometheus.ts';
import type { PrometheusServer } from '../../../servers/prometheus.ts';
import { bad, prometheusAt, refusal, serve, servePage, total } from '../pages.ts';
import type { Served } from '../pages.ts';

/** Each scrape finds 60 requests more, six of them failed. */
const growingPage = (): (() => string) => {
  let scrapes = 0;
  return () => {
    scrapes += 1;
    const series = Array.from({ length: 6 }, (_, i) => [
      `http_requests_total{version="2.0.4",path="/${String(i)}",code="200"} ${String(9 * scrapes)}`,
      `http_requests_total{version="2.0.4",path="/${String(i)}",code="500"} ${String(scrapes)}`,
    ]);
    return `${series.flat().join('\n')}\n`;
  };
};

/** As client libraries write it: the start stands in a series of its own, without the labels of the requests. */
const mortalPage = (process: { readonly startedMs: number }) => () =>
  [
    'http_requests_total{version="3.0.0",code="200"} 7',
    `process_start_time_seconds ${String(process.startedMs / 1000)}`,
    '',
  ].join('\n');

describeWithPrometheus('a real Prometheus over time', () => {
  let replicas: readonly [PrometheusServer, PrometheusServer];
  let mortal: Served;
  const mortalProcess = { startedMs: Date.now() - 3_600_000 };

  beforeAll(async () => {
    const targets = await Promise.all(
      [growingPage(), growingPage(), growingPage()].map((text) => servePage(text)),
    );
    mortal = await servePage(mortalPage(mortalProcess));
    const hosts = [...targets, mortal].map(({ host }) => host);
    replicas = await Promise.all([
      startPrometheus([{ job: 'shop', targets: hosts, intervalMs: 300 }]),
      startPrometheus([{ job: 'shop', targets: hosts, intervalMs: 1100 }]),
    ]);
    await Promise.all(replicas.map((server) => untilUp(server, hosts.length)));
  });

  afterAll(() => Promise.all(replicas.map((server) => server.stop())));

  test('tells the past by the same counters, step by step, raw and summed', async () => {
    const [server] = replicas;
    const from = Date.now();
    const raw = prometheusAt(server.url);
    const sums = prometheusAt(server.url, {
      errors: { total: `sum by (instance) (${total})`, bad: `sum by (instance) (${bad})` },
    });
    const counted = async (source: MetricsSource, fromMs: number) => {
      const to = Date.now();
      const readings = await source.history('2.0.4', fromMs, to, 500);
      return { readings, to };
    };
    const { readings, to } = await until('four seconds of history', async () => {
      const found = await counted(raw, from);
      return (found.readings.at(-1)?.atMs ?? 0) - (found.readings[0]?.atMs ?? 0) > 4000 ? found : null;
    });
    const times = readings.map(({ atMs }) => atMs);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(from);
    expect(times.at(-1)).toBeLessThanOrEqual(to);
    // Every 500 ms, of which a loaded machine may miss some.
    expect(readings.length).toBeGreaterThanOrEqual(4);
    const totals = readings.map(({ arm }) => arm.instances.reduce((sum, { requests }) => sum + requests, 0));
    expect(totals).toEqual([...totals].sort((a, b) => a - b));
    expect(totals.at(-1)).toBeGreaterThan(totals[0] ?? Number.POSITIVE_INFINITY);
    for (const { arm } of readings)
      for (const { requests, errors } of arm.instances) expect(requests).toBe(10 * errors);

    const added = (await counted(sums, from)).readings;
    expect(added.length).toBeGreaterThanOrEqual(readings.length - 1);
    for (const { arm } of added)
      for (const { requests, errors } of arm.instances) expect(requests).toBe(10 * errors);
    expect(added.map(({ atMs }) => atMs)).toEqual(expect.arrayContaining(times.slice(0, 3)));
    expect(await raw.history('2.0.4', from - 86_400_000, from - 86_000_000, 5000)).toEqual([]);
  });

  test('never takes an older replica for a restart', async () => {
    let turn = 0;
    const balancer = await serve((incoming, outgoing) => {
      // By turns for the counters, so that no reading has a replica of its own.
      if (!(incoming.url ?? '').includes('process_start')) turn += 1;
      const to = new URL(incoming.url ?? '/', replicas[turn % 2 === 0 ? 0 : 1].url);
      incoming.pipe(
        request(to, { method: incoming.method, headers: { host: to.host } }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 500, {
            'content-type': answer.headers['content-type'] ?? '',
          });
          answer.pipe(outgoing);
        }),
      );
    });
    const source = prometheusAt(balancer.url);
    const highest = new Map<string, number>();
    const ages = new Set<string>();
    let looks = 0;
    let at = 0;
    await until('both replicas have answered newer and older', async () => {
      const plain = await prometheusAt(balancer.url).read('2.0.4');
      ages.add(plain.at < at ? 'older' : 'newer');
      const reading = await source.read('2.0.4');
      expect(reading.at).toBeGreaterThanOrEqual(at);
      ({ at } = reading);
      for (const { id, requests, errors } of reading.arm.instances) {
        expect(requests).toBeGreaterThanOrEqual(highest.get(id) ?? 0);
        expect(requests).toBe(10 * errors);
        highest.set(id, requests);
      }
      looks += 1;
      return ages.size === 2 && looks >= 30 ? true : null;
    });
    expect(highest.size).toBe(3);
  });

  test('tells when a process started, and how often it was seen to start anew', async () => {
    const [server] = replicas;
    const sums = { total: `sum by (instance) (${total})`, bad: `sum by (instance) (${bad})` };
    for (const source of [prometheusAt(server.url), prometheusAt(server.url, { errors: sums })]) {
      const look = async () => {
        const { at, arm } = await source.read('3.0.0');
        const [{ started = 0, restarts = -1 } = {}] = arm.instances;
        return { startedMs: Math.round(at + started * 1000), restarts };
      };
      expect(await look()).toEqual({ startedMs: mortalProcess.startedMs, restarts: 0 });
      for (const restarts of [1, 2]) {
        mortalProcess.startedMs += 60_000;
        await until('the new process is scraped', async () =>
          (await look()).startedMs === mortalProcess.startedMs ? true : null,
        );
        expect((await look()).restarts).toBe(restarts);
      }
    }
    // Nobody tells it of the others.
    expect((await prometheusAt(server.url).read('2.0.4')).arm.instances[0]).not.toHaveProperty('restarts');
  });

  test('that was killed can not be read, and is read again when it is back', async () => {
    const [, server] = replicas;
    const source = prometheusAt(server.url);
    const before = await source.read('2.0.4');
    await server.kill();
    const error = await refusal(source.read('2.0.4'));
    expect(error.code).toBe('METRICS_UNAVAILABLE');
    expect(error.message).toContain('can not be reached');
    await refusal(source.history('2.0.4', 0, 1000, 500));
    await server.restart();
    const after = await until('it scrapes again', async () => {
      try {
        const reading = await source.read('2.0.4');
        return reading.at > before.at ? reading : null;
      } catch {
        // Nothing was scraped within the minute yet.
        return null;
      }
    });
    expect(after.arm.instances).toHaveLength(3);
    expect(Math.min(...after.arm.instances.map(({ requests }) => requests))).toBeGreaterThan(0);
  });
});
