import { createServer } from 'node:http';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import type { ArmReading } from '../../../../src/gates/reading.ts';
import { latencyBounds } from '../../../../activities/targets/practice/control.ts';
import { ask, PracticeRig, until } from './harness.ts';

const total = (arm: ArmReading, of: 'requests' | 'errors'): number =>
  arm.instances.reduce((sum, instance) => sum + instance[of], 0);

const underWay = async (address: string): Promise<number> => {
  const { body } = await ask(address, '/metrics');
  return Number(/^http_requests_in_flight\{.*\} (\d+)$/m.exec(body)?.[1]);
};

/** All that the clients saw: per version, answers and failures. */
const seen = async (rig: PracticeRig) => {
  const sums = new Map<string, { ok: number; error: number }>();
  for (const { served } of await rig.clients()) {
    for (const [version, { ok, error }] of Object.entries(served)) {
      const sum = sums.get(version) ?? { ok: 0, error: 0 };
      sums.set(version, { ok: sum.ok + ok, error: sum.error + error });
    }
  }
  return sums;
};

describe('under steady load', () => {
  test('a whole rollout loses no request, and so does the way back', async () => {
    const rig = await PracticeRig.start();
    await rig.create({ load: { rate: 200, posts: 0.3 } });
    await rig.establish('1.0.0', { instances: 2, latency: { medianMs: 15, p95Ms: 60 } });
    const answered = async (version: string): Promise<number> => (await seen(rig)).get(version)?.ok ?? 0;
    const more = async (version: string, many: number): Promise<void> => {
      const before = await answered(version);
      await until(
        `${String(many)} more from ${version}`,
        async () => (await answered(version)) >= before + many,
      );
    };
    await more('1.0.0', 100);
    await rig.deploy('2.0.0', { instances: 2, latency: { medianMs: 15, p95Ms: 60 } });
    await rig.ready('2.0.0');
    await rig.write({ do: 'shift', weights: { '1.0.0': 50, '2.0.0': 50 } });
    await more('2.0.0', 50);
    // The way back: the canary goes while requests are still under way in it.
    await rig.write({ do: 'shift', weights: { '1.0.0': 100 } });
    await rig.write({ do: 'retire', version: '2.0.0' });
    await more('1.0.0', 50);
    await rig.deploy('3.0.0', { latency: { medianMs: 15, p95Ms: 60 } });
    await rig.ready('3.0.0');
    await rig.write({ do: 'shift', weights: { '3.0.0': 100 } });
    await rig.write({ do: 'promote', version: '3.0.0' });
    await rig.write({ do: 'retire', version: '1.0.0' });
    await more('3.0.0', 200);

    const sums = await seen(rig);
    expect([...sums.keys()].sort()).toEqual(['1.0.0', '2.0.0', '3.0.0']);
    for (const [version, { error }] of sums) expect({ version, error }).toEqual({ version, error: 0 });
    expect(total((await rig.target.read('shop', '3.0.0')).arm, 'errors')).toBe(0);
  });

  test('requests under way in a version that is retired get their answer from it', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0');
    await rig.deploy('2.0.0', { latency: { medianMs: 1500, p95Ms: 1500 } });
    await rig.ready('2.0.0');
    await rig.write({ do: 'shift', weights: { '2.0.0': 100 } });
    const { proxy } = await rig.view();
    // POSTs, which nobody sends again elsewhere.
    const asked = Array.from({ length: 20 }, () => ask(proxy, '/api/cart', 'POST', '{"sku":"x"}'));
    await until('all have come in', async () => {
      const { address } = (await rig.view()).instances.find(({ version }) => version === '2.0.0') ?? {};
      return typeof address === 'string' && (await underWay(address)) === 20;
    });
    await rig.write({ do: 'shift', weights: { '1.0.0': 100 } });
    await rig.write({ do: 'retire', version: '2.0.0' });
    expect((await ask(proxy)).by).toBe('1.0.0/1.0.0-0');
    for (const reply of await Promise.all(asked))
      expect(reply).toMatchObject({ status: 201, by: '2.0.0/2.0.0-0' });
    const exited = await until('its process has ended', async () =>
      (await rig.events()).find(({ event }) => event === 'instance-exited'),
    );
    expect(exited).toMatchObject({ version: '2.0.0', code: 0, signal: null });
  });

  test('traffic is back within two seconds of the write, as clients and log see it', async () => {
    const rig = await PracticeRig.start();
    await rig.create({ load: { rate: 200, posts: 0 } });
    await rig.establish('1.0.0');
    await rig.deploy('2.0.0', { errorRate: 0.3 });
    await rig.ready('2.0.0');
    await rig.write({ do: 'shift', weights: { '2.0.0': 100 } });
    await until(
      'the bad release fails requests',
      async () => ((await seen(rig)).get('2.0.0')?.error ?? 0) > 20,
    );
    const asked = Date.now();
    await rig.write({ do: 'shift', weights: { '1.0.0': 100 } });
    const line = (await rig.events()).findLast(({ event }) => event === 'weights');
    expect(line).toMatchObject({ weights: { '1.0.0': 100 } });
    expect((line?.at ?? Infinity) - asked).toBeLessThan(2000);
    // No second that began after the line knows of the bad release any more.
    const after = Math.ceil((line?.at ?? 0) / 1000);
    const later = await until('two full seconds since', async () => {
      const seconds = (await rig.clients()).filter(({ second }) => second >= after);
      return seconds.length > 2 && seconds;
    });
    for (const { served } of later) expect(Object.keys(served)).toEqual(['1.0.0']);
  });

  test('arrivals keep to the rate, however slow the answers, until the load is changed', async () => {
    const rig = await PracticeRig.start();
    await rig.create({ load: { rate: 200, posts: 0, seed: 5 } });
    // 0.8 s per answer: clients that waited for each other would come to a few requests per second.
    await rig.establish('1.0.0', { latency: { medianMs: 800, p95Ms: 800 } });
    const full = async (from: number, many: number) => {
      const seconds = (await rig.clients()).slice(from + 1, from + 1 + many);
      return seconds.length === many && seconds;
    };
    const mean = (seconds: Awaited<ReturnType<PracticeRig['clients']>>): number =>
      seconds.reduce((sum, { served }) => sum + (served['1.0.0']?.ok ?? 0), 0) / seconds.length;
    const first = await until('seconds that are over', async () => {
      const seconds = await full(0, 4);
      return seconds && seconds.slice(0, 3);
    });
    // Three seconds at 200/s: six standard deviations of the mean are 49.
    expect(mean(first)).toBeGreaterThan(151);
    expect(mean(first)).toBeLessThan(249);
    // With 160 answers outstanding at any time, clients and proxy agree only once nobody asks any more.
    await rig.load({ rate: 0, posts: 0 });
    await until('the last answer has been given', async () => {
      const { arm } = await rig.target.read('shop', '1.0.0');
      return total(arm, 'requests') === (await seen(rig)).get('1.0.0')?.ok;
    });
    const line = (await rig.events()).findLast(({ event }) => event === 'load');
    const last = (await rig.clients()).at(-1);
    expect((last?.second ?? Infinity) * 1000).toBeLessThanOrEqual(line?.at ?? 0);
    expect((await seen(rig)).get('1.0.0')?.error).toBe(0);
  });
});

describe('readings', () => {
  test('are what came through the proxy: requests, errors, latencies, and nothing of probes', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0', {
      latency: { medianMs: 60, p95Ms: 60 },
      routes: { '/broken': { status: 500 }, '/missing': { status: 404 } },
      cpu: 0.4,
      memory: 1000,
    });
    const { proxy } = await rig.view();
    const address = await rig.target.address('shop', '1.0.0');
    await ask(address, '/broken');
    for (const path of ['/', '/broken', '/missing', '/api/cart']) await ask(proxy, path);
    const before = Date.now();
    const { at, arm } = await rig.target.read('shop', '1.0.0');
    expect(at).toBeGreaterThanOrEqual(before);
    expect(arm.at).toBe(0);
    const [instance] = arm.instances;
    expect(arm.instances).toHaveLength(1);
    expect(instance).toMatchObject({ id: '1.0.0-0', requests: 4, errors: 1, restarts: 0 });
    expect(instance?.gauges).toEqual({ cpu: 0.4, memory: 1000 });
    expect(instance?.latency?.le).toEqual([...latencyBounds, '+Inf']);
    const counts = instance?.latency?.count ?? [];
    // 60 ms and more: nothing up to 0.05 s, everything in the end, and never less than before.
    expect(counts.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(counts.at(-1)).toBe(4);
    expect([...counts].sort((a, b) => a - b)).toEqual(counts);
    // `started` and `at` name the same moment as the log does.
    const started = (await rig.events()).find(({ event }) => event === 'instance-started');
    expect(Math.abs(at + (instance?.started ?? 0) * 1000 - (started?.at ?? 0))).toBeLessThan(1000);
    const again = await rig.target.read('shop', '1.0.0');
    expect(again.arm.instances[0]?.requests).toBe(4);
  });
});

describe('what goes wrong behind the proxy', () => {
  test('a release that crashes is started again, from 0, and counts its failures where they happen', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0');
    await rig.deploy('2.0.0', { crash: { perRequest: 0.5 } });
    await rig.ready('2.0.0');
    await rig.write({ do: 'shift', weights: { '1.0.0': 50, '2.0.0': 50 } });
    const { proxy } = await rig.view();
    let failures = 0;
    await until('it has been started again and is ready', async () => {
      const replies = await Promise.all(Array.from({ length: 10 }, () => ask(proxy)));
      // Reads whose instance goes down under them are sent once more, elsewhere: clients notice nothing.
      for (const { status } of replies) expect(status).toBe(200);
      const { arm } = await rig.target.read('shop', '2.0.0');
      failures = Math.max(failures, total(arm, 'errors'));
      const { instances } = await rig.view();
      return instances.some(({ version, restarts, ready }) => version === '2.0.0' && restarts > 0 && ready);
    });
    expect(failures).toBeGreaterThan(0);
    const [exit] = (await rig.events()).filter(({ event }) => event === 'instance-exited');
    expect(exit).toMatchObject({ version: '2.0.0', instance: '2.0.0-0', code: 70 });

    await rig.write({ do: 'shift', weights: { '1.0.0': 100 } });
    // The last requests may have ended one more process; each end is followed by one start.
    await until('log and counters agree on the restarts', async () => {
      const [instance] = (await rig.target.read('shop', '2.0.0')).arm.instances;
      const count = (await rig.events()).map((event) =>
        'version' in event && event.version === '2.0.0' ? event.event : null,
      );
      const exits = count.filter((event) => event === 'instance-exited').length;
      const starts = count.filter((event) => event === 'instance-started').length;
      return instance?.id === '2.0.0-0' && instance.restarts === exits && starts === exits + 1;
    });
  });

  test('a POST that is cut off is not sent twice', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0', { instances: 2, crash: { perRequest: 1 } });
    const { proxy } = await rig.view();
    const reply = await ask(proxy, '/api/cart', 'POST', '{"sku":"x"}');
    expect(reply.status).toBe(502);
    const { arm } = await rig.target.read('shop', '1.0.0');
    expect(total(arm, 'requests')).toBe(1);
    expect(total(arm, 'errors')).toBe(1);
  });

  test('a version that is down fails its own share, seen in its counters', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0', { crash: { afterMs: 3000 } });
    const { proxy } = await rig.view();
    const reply = await until('a request while it is down', async () => {
      const answer = await ask(proxy);
      return answer.status !== 200 && answer;
    });
    expect([502, 503]).toContain(reply.status);
    expect(reply.by).toBe('1.0.0/1.0.0-0');
    await until('it is up again', async () => (await ask(proxy)).status === 200);
    const [instance] = (await rig.target.read('shop', '1.0.0')).arm.instances;
    expect(instance?.restarts).toBe(1);
    // Its next process is counted from its start, not from its readiness.
    expect(instance?.errors).toBeGreaterThan(0);
    expect(instance?.requests).toBe((instance?.errors ?? 0) + 1);
  });

  test('an answer that takes longer than 5 s is a timeout, and an error', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0', { latency: { medianMs: 9000, p95Ms: 9000 } });
    const { proxy } = await rig.view();
    expect((await ask(proxy)).status).toBe(504);
    const { arm } = await rig.target.read('shop', '1.0.0');
    expect(total(arm, 'errors')).toBe(1);
    expect(arm.instances[0]?.latency?.count.slice(-2)).toEqual([0, 1]);
  });

  test('without any version with traffic it says so', async () => {
    const rig = await PracticeRig.start();
    await rig.create({ load: { rate: 100, posts: 0 } });
    const { proxy } = await rig.view();
    expect(await ask(proxy)).toMatchObject({ status: 503, by: 'none' });
    await rig.deploy('1.0.0');
    await rig.ready('1.0.0');
    expect(await ask(proxy)).toMatchObject({ status: 503, by: 'none' });
    // The generated traffic waits for the first version instead of failing.
    expect(await rig.clients()).toEqual([]);
  });

  test('headers and bodies pass through, those of the connection do not', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0');
    const { proxy } = await rig.view();
    const sku = 'é'.repeat(10_000);
    const reply = await ask(proxy, '/api/cart', 'POST', JSON.stringify({ sku }));
    expect(reply.status).toBe(201);
    expect(JSON.parse(reply.body)).toEqual({ added: { sku } });
    expect((await ask(proxy, '/api/cart', 'POST', `"${'x'.repeat(70_000)}"`)).status).toBe(413);
    expect((await ask(proxy, '/', 'HEAD')).body).toBe('');
  });

  test('a taken port is refused by its number', async () => {
    const rig = await PracticeRig.start();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const address = other.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      await expect(rig.create({ port })).rejects.toThrow(String(port));
    } finally {
      other.close();
    }
  });
});
