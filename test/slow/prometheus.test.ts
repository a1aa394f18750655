import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { controlPath } from '../../activities/targets/practice/control-path.ts';
import { recordingSchema } from '../../src/gates/recording.ts';
import { replay } from '../../src/gates/replay.ts';
import type { RolloutView } from '../../src/store/views.ts';
import { serve } from '../activities/metrics/pages.ts';
import { sluice } from '../e2e/cli.ts';
import { Dev } from '../e2e/dev.ts';
import type { ServiceSpec } from '../e2e/files.ts';
import { oldVersion } from '../e2e/files.ts';
import { OnCall } from '../e2e/on-call.ts';
import type { TestService } from '../e2e/test-service.ts';
import { until } from '../e2e/until.ts';
import { describeWithPrometheus, startPrometheus } from '../servers/prometheus.ts';
import type { PrometheusServer } from '../servers/prometheus.ts';

// The gate on a real Prometheus that scrapes the practice service, through the real daemon. What takes its time here is
// Prometheus' own pace: five samples that are 15 s apart are more than a minute.

const rate = 300;
const patience = { withinMs: 240_000, everyMs: 250 };

const specs = {
  second: { name: 'second', watch: '90s', steps: [25, 100] },
  quarter: { name: 'quarter', watch: '4m', steps: [25, 100] },
  killed: { name: 'killed', watch: '15s', steps: [50, 100], page: OnCall.page },
  own: { name: 'own', watch: '60s', steps: [25, 100] },
  restarted: { name: 'restarted', watch: '30s', steps: [100] },
} as const satisfies Readonly<Record<string, ServiceSpec>>;

type Gates = Readonly<Record<string, unknown>>;

const gatesOn = (service: string, url: string, every: string) => ({
  every,
  source: { prometheus: { url, timeout: '2s' } },
  errors: {
    total: `http_requests_total{service="${service}",version="$version"}`,
    bad: `http_requests_total{service="${service}",version="$version",code="5xx"}`,
  },
  latency: {
    histogram: `http_request_duration_seconds{service="${service}",version="$version"}`,
    p95: '2s',
    margin: '300%',
  },
  history: '1m',
  holdBack: '10%',
  // In watches as short as these the errors of a healthy release come in a heap now and then: then it is watched on.
  onInconclusive: { extend: '15s', then: 'ask' },
});

describeWithPrometheus('a gate on a real Prometheus', () => {
  let dev: Dev;
  let onCall: OnCall;
  let server: PrometheusServer | null = null;
  beforeAll(async () => {
    onCall = await OnCall.begin();
    const all = Object.values(specs).map((spec) => ({ ...spec, first: { errorRate: 0.003 } }));
    dev = await Dev.start(all, onCall.environment);
  }, 120_000);
  afterEach(async () => {
    await server?.stop();
    server = null;
  });
  afterAll(async () => {
    await dev.stop();
    await onCall.end();
  }, 60_000);

  /** A Prometheus on the page of the practice plane, which is reached over TCP here: its control socket is a file. */
  const scrape = async (intervalMs: number): Promise<PrometheusServer> => {
    const { host } = await serve((_incoming, outgoing) => {
      request({ socketPath: controlPath(dev.practice), path: '/metrics', agent: false }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, {
          'content-type': answer.headers['content-type'] ?? '',
        });
        answer.pipe(outgoing);
      })
        .on('error', () => outgoing.destroy())
        .end();
    });
    server = await startPrometheus([{ job: 'practice', targets: [host], intervalMs }]);
    return server;
  };

  /** The service under traffic, its gate on a Prometheus that has scraped it twice. */
  const on = async (
    spec: ServiceSpec,
    { intervalMs, every, more = {} }: { intervalMs: number; every: string; more?: Gates },
    work: (service: TestService, prometheus: PrometheusServer) => Promise<void>,
  ): Promise<void> => {
    const service = dev.service(spec.name);
    await service.under(rate, async () => {
      const prometheus = await scrape(intervalMs);
      dev.files.declare({ ...spec, gates: { ...gatesOn(spec.name, prometheus.url, every), ...more } });
      const scraped = `count_over_time(http_requests_total{service="${spec.name}"}[5m]) >= 2`;
      await until('two scrapes', async () => (await prometheus.query(scraped)).length > 0, patience);
      await work(service, prometheus);
    });
  };

  const ended = (rolloutId: string): Promise<RolloutView> =>
    until(
      'the rollout has ended',
      async () => {
        const seen = await dev.api.rollout(rolloutId);
        return seen.endedAt === null ? null : seen;
      },
      patience,
    );

  /** The records of the rollout, live and replayed, are the same. */
  const replaysAsLived = async ({ id, watches }: RolloutView): Promise<void> => {
    const { out } = await sluice(dev.home, ['gate', 'export', id]);
    const live = [];
    // Waits have numbers, too, between those of the watches.
    for (let watch = 0; watch <= (watches.at(-1)?.watch ?? 0); watch += 1)
      live.push(...(await dev.api.samples(id, watch)));
    expect(replay(recordingSchema.parse(JSON.parse(out))).records).toEqual(live.map(({ record }) => record));
  };

  test.each([
    ['second', { intervalMs: 1_000, every: '1s' }],
    ['quarter', { intervalMs: 15_000, every: '5s' }],
  ] as const)(
    'that scrapes once a %s takes a release back of which 3 % fail',
    async (name, pace) => {
      await on(specs[name], pace, async (service) => {
        service.release('2.2.0', { errorRate: 0.03 });
        const { rolloutId } = await service.deploy('2.2.0');
        const view = await ended(rolloutId);
        expect(view).toMatchObject({ state: 'rolled-back', cause: { by: 'breach' } });
        const verdict = view.watches.at(-1)?.verdict;
        expect(verdict?.reason).toMatch(/^errors_vs/);
        expect(verdict?.sentence).toContain('canary requests failed');
        expect((await service.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
        await replaysAsLived(view);
      });
    },
    300_000,
  );

  test("takes a release back whose requests are well for one of the service's own metrics", async () => {
    const answers = (code: string) => `http_requests_total{service="own",version="$version",code="${code}"}`;
    const total = 'http_requests_total{service="own",version="$version"}';
    const more: Gates = {
      // Nothing that is answered counts as failed; what a person calls bad is the metric beside it.
      errors: { total, bad: answers('none') },
      custom: [
        { name: 'orders', total, bad: answers('5xx') },
        { name: 'checkouts', histogram: 'http_request_duration_seconds{service="own",version="$version"}' },
      ],
    };
    await on(specs.own, { intervalMs: 1_000, every: '1s', more }, async (service) => {
      service.release('2.2.0', { errorRate: 0.1 });
      const { rolloutId } = await service.deploy('2.2.0');
      const view = await ended(rolloutId);
      expect(view).toMatchObject({ state: 'rolled-back', cause: { by: 'breach' } });
      expect(view.watches.at(-1)?.verdict).toMatchObject({ reason: 'errors_vs_baseline', metric: 'orders' });
      expect(view.cause?.sentence).toMatch(/orders: \d+ of \d+ on the canary went wrong/);
      const why = await sluice(dev.home, ['why', rolloutId]);
      expect(why.out).toContain('errors_vs_baseline:orders');
      expect(why.out).toMatch(/counts +orders: 2\.2\.0 [\d.]+ %/);
      expect(why.out).toContain('latency_vs_baseline:checkouts');
      await replaysAsLived(view);
    });
  }, 300_000);

  test('that is killed during a watch makes it inconclusive, never a rollback; it resumes by itself when it is back', async () => {
    await on(specs.killed, { intervalMs: 1_000, every: '1s' }, async (service, prometheus) => {
      service.release('1.1.0', { errorRate: 0.003 });
      const { rolloutId } = await service.deploy('1.1.0');
      const seen = await until('a sample', async () => {
        // Prometheus has not scraped the new version yet when it is first read.
        const seenFirst = (await dev.api.samples(rolloutId, 0)).find(({ sample }) => sample.canary !== null);
        return seenFirst ?? null;
      });
      expect(seen.record?.verdict).toBe('watching');
      await prometheus.kill();
      const blind = await dev.api.reaches(
        rolloutId,
        'a verdict',
        ({ watches }) => (watches[0]?.verdict ?? null) !== null,
      );
      expect(blind.watches[0]?.verdict).toMatchObject({ kind: 'inconclusive', reason: 'no-data' });
      expect(blind.watches[0]?.verdict?.sentence).toContain('not evidence of health');
      expect(blind.endedAt).toBeNull();
      // Its share stays where it was.
      expect((await service.weights()).at(-1)?.weights).toEqual({ '1.1.0': 50, [oldVersion]: 50 });

      await dev.api.reaches(rolloutId, 'asking', ({ state }) => state === 'inconclusive');
      // Whoever is on call hears of the source, not of the release: no alert of the rollout's own.
      const alert = await until('the source is told of', () => onCall.server.alerts.all[0], {
        seen: onCall.seen,
      });
      expect(alert).toMatchObject({ status: 'triggered' });
      expect(alert.dedupKey).toMatch(/^sluice\/source\/[0-9a-f]+$/);
      expect(alert.triggers.map(({ payload }) => payload.severity)).toEqual(['warning']);
      expect(JSON.stringify(alert.triggers)).toContain(rolloutId);
      await prometheus.restart();
      // Nobody says anything: metrics that answer end the question, and what was left of the watch is watched.
      const resumed = await dev.api.reaches(
        rolloutId,
        'watching again',
        ({ state, watches }) => state === 'watching' && watches.length === 2,
      );
      expect(resumed.commands).toEqual([]);
      const events = await dev.api.events(rolloutId);
      expect(events.map(({ body }) => body)).toContainEqual(
        expect.objectContaining({ type: 'watch-resumed', awaited: 'metrics' }),
      );
      const [, rest] = resumed.watches;
      const length = Date.parse(rest?.endsAt ?? '') - Date.parse(rest?.startsAt ?? '');
      expect(length).toBeGreaterThan(3_000 - 1);
      expect(length).toBeLessThanOrEqual(15_000);

      const after = await service.ends(rolloutId);
      expect(after.state).toBe('succeeded');
      const isResolved = (): boolean => onCall.server.alerts.all.every(({ status }) => status === 'resolved');
      await until('the alert is resolved', isResolved, { seen: onCall.seen });
      expect(onCall.server.alerts.all).toHaveLength(1);
      await replaysAsLived(after);
      const again = (await dev.api.samples(rolloutId, after.watches.at(-1)?.watch ?? 0)).at(-1);
      expect(again?.sample.canary).not.toBeNull();
      expect(again?.record?.silent_s).toBeLessThan(10);
    });
  }, 300_000);

  test('that is killed and started again at once is only a gap', async () => {
    await on(specs.restarted, { intervalMs: 1_000, every: '1s' }, async (service, prometheus) => {
      service.release('1.1.0', { errorRate: 0.003 });
      const { rolloutId } = await service.deploy('1.1.0');
      await until('five samples', async () => (await dev.api.samples(rolloutId, 0)).length >= 5);
      await prometheus.kill();
      await until('a reading that failed', async () =>
        (await dev.api.samples(rolloutId, 0)).some(({ sample }) => sample.canary === null),
      );
      await prometheus.restart();
      const view = await service.ends(rolloutId);
      expect(view.watches.at(-1)?.verdict).toMatchObject({ kind: 'pass', reason: 'healthy' });
      expect(view.state).toBe('succeeded');
      await replaysAsLived(view);
    });
  }, 300_000);
});
