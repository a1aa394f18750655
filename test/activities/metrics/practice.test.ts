import { request } from 'node:http';
import { expect, test } from '@jest/globals';
import { sourceOf } from '../../../activities/metrics/source.ts';
import { controlPath } from '../../../activities/targets/practice/control-path.ts';
import { gatesSchema } from '../../../runbooks/gates.ts';
import type { ArmReading } from '../../../src/gates/reading.ts';
import { describeWithPrometheus, startPrometheus, until, untilUp } from '../../servers/prometheus.ts';
import { PracticeRig } from '../targets/practice/harness.ts';
import { gates, serve, sourceFor } from './pages.ts';

const queries = {
  errors: {
    total: 'http_requests_total{service="shop",version="$version"}',
    bad: 'http_requests_total{service="shop",version="$version",code="5xx"}',
  },
  latency: { histogram: 'http_request_duration_seconds{service="shop",version="$version"}' },
};

/** What all sources must agree on. */
const counted = ({ instances }: ArmReading) =>
  instances
    .map(({ id, requests, errors, latency }) => ({ id: id.replace(/^.*\//, ''), requests, errors, latency }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

describeWithPrometheus('the practice service', () => {
  test('is counted alike by itself, by its page, by its instances, and by a Prometheus', async () => {
    const rig = await PracticeRig.start();
    await rig.create({ load: { rate: 200, posts: 0.1 } });
    await rig.establish('2.0.4', { instances: 2, errorRate: 0.1 });
    // The control socket's page, reached over TCP.
    const plane = await serve((_incoming, outgoing) => {
      request({ socketPath: controlPath(rig.home), path: '/metrics', agent: false }, (answer) => {
        outgoing.writeHead(200, { 'content-type': answer.headers['content-type'] ?? '' });
        answer.pipe(outgoing);
      }).end();
    });
    const addresses = (await rig.view()).instances.flatMap(({ address }) => address ?? []);
    expect(addresses).toHaveLength(2);
    const hosts = addresses.map((address) => new URL(address).host);
    const server = await startPrometheus([{ job: 'shop', targets: [plane.host], intervalMs: 500 }]);
    const instances = await startPrometheus([{ job: 'instances', targets: hosts, intervalMs: 500 }]);
    try {
      await untilUp(server, 1);
      await untilUp(instances, 2);
      const practice = sourceOf(gatesSchema.parse({ errors: {}, latency: {} }), {
        target: rig.target,
        service: 'shop',
        clock: Date.now,
      });
      const others = {
        page: sourceFor(gates({ scrape: { url: `${plane.url}/metrics` } }, queries)),
        pages: sourceFor(
          gates({ scrape: { urls: addresses.map((address) => `${address}/metrics`) } }, queries),
        ),
        prometheus: sourceFor(gates({ prometheus: { url: server.url } }, queries)),
        instances: sourceFor(gates({ prometheus: { url: instances.url } }, queries)),
      };
      for (const source of [practice, ...Object.values(others)])
        expect(await source.check({ running: '2.0.4', other: ['2.1.0'] })).toEqual([]);
      await until('a few hundred requests, some failed', async () => {
        const { arm } = await practice.read('2.0.4');
        return arm.instances.every(({ requests, errors }) => requests > 100 && errors > 3) ? true : null;
      });
      await rig.load({ rate: 0 });
      await until('everybody has counted everything', async () => {
        const own = counted((await practice.read('2.0.4')).arm);
        const all = await Promise.all(Object.values(others).map((source) => source.read('2.0.4')));
        const found = all.map(({ arm }) => counted(arm));
        // Client and server don't measure one duration alike: the counts of all requests must agree.
        const sums = (arm: typeof own) => arm.map(({ id, requests, errors }) => ({ id, requests, errors }));
        return found.every((arm) => JSON.stringify(sums(arm)) === JSON.stringify(sums(own))) ? true : null;
      });
      const { at, arm } = await practice.read('2.0.4');
      const page = await others.page.read('2.0.4');
      expect(counted(page.arm)).toEqual(counted(arm));
      expect(counted((await others.prometheus.read('2.0.4')).arm)).toEqual(counted(arm));
      expect(counted((await others.instances.read('2.0.4')).arm)[0]?.latency?.count.at(-1)).toBe(
        counted(arm)[0]?.requests,
      );
      // The plane's page tells when each process began, as the plane itself does.
      for (const [i, instance] of page.arm.instances.entries())
        expect((instance.started ?? 0) * 1000 + page.at).toBeCloseTo(
          (arm.instances[i]?.started ?? 1) * 1000 + at,
          -1,
        );

      const history = await practice.history('2.0.4', at - 60_000, at, 1000);
      expect(history.length).toBeGreaterThan(0);
      expect(history.every(({ atMs }) => atMs <= at)).toBe(true);
      expect(await others.page.history('2.0.4', at - 60_000, at, 1000)).toEqual([]);
    } finally {
      await Promise.all([server.stop(), instances.stop()]);
    }
  });
});
