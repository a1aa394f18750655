import { get } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { callPlane } from '../../../../../activities/targets/practice/control-client.ts';
import { controlPath } from '../../../../../activities/targets/practice/control-path.ts';
import { ask, PracticeRig } from '../harness.ts';

const metricsOf = (home: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = get({ socketPath: controlPath(home), path: '/metrics', agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve(text));
    });
    request.on('error', reject);
  });

describe('the control API', () => {
  test('tells nonsense from sense, and does nothing for it', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    const cases = [
      ['PUT', '/services/shop', { port: 'high' }, 400],
      ['PUT', '/services/shop', { prot: 1 }, 400],
      ['PUT', '/services/Shop!', {}, 404],
      ['PUT', '/services/shop/load', { rate: -1 }, 400],
      ['POST', '/services/shop/actions', { action: { do: 'explode' } }, 400],
      ['POST', '/services/shop/faults', {}, 400],
      ['POST', '/services/shop/faults', { unreachableMs: 1, delayNextWriteMs: 1 }, 400],
      ['GET', '/services/shop/secrets', undefined, 404],
      ['GET', '/nowhere', undefined, 404],
      ['POST', '/services/shop/actions', { text: 'x'.repeat(600_000) }, 413],
    ] as const;
    const before = (await rig.events()).length;
    for (const [method, path, body, status] of cases) {
      const answer = await callPlane(rig.home, { method, path, body, timeoutMs: 30_000 });
      expect(answer).toEqual({
        status,
        body: expect.objectContaining({ code: expect.any(String), message: expect.any(String) }),
      });
    }
    expect(await rig.events()).toHaveLength(before);
  });

  test('creating a service again leaves it as it is; another port is refused', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0');
    const { proxy } = await rig.view();
    await rig.create({ load: { rate: 5, posts: 0 } });
    expect(await rig.view()).toMatchObject({ proxy, load: null, state: { weights: { '1.0.0': 100 } } });
    await expect(rig.create({ port: 1 })).rejects.toThrow(/has the port/);
  });

  test('shows its counters as Prometheus reads them', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0', { routes: { '/broken': { status: 503 } } });
    const { proxy } = await rig.view();
    await ask(proxy);
    await ask(proxy, '/api/cart', 'POST', '{"sku":"x"}');
    await ask(proxy, '/broken');
    const answer = await metricsOf(rig.home);
    const labels = 'service="shop",version="1.0.0",instance="1.0.0-0"';
    const lines = answer.split('\n');
    expect(lines).toContain('# TYPE http_request_duration_seconds histogram');
    expect(lines).toContain(`http_requests_total{${labels},code="2xx"} 2`);
    expect(lines).toContain(`http_requests_total{${labels},code="5xx"} 1`);
    expect(lines).toContain(`http_request_duration_seconds_count{${labels}} 3`);
    expect(lines).toContain(`http_request_duration_seconds_bucket{${labels},le="+Inf"} 3`);
    expect(lines).toContain(`up{${labels}} 1`);
    expect(lines).toContain('practice_weight_percent{service="shop",version="1.0.0"} 100');
  });
});
