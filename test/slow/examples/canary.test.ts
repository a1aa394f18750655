import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithHaproxy } from '../../servers/haproxy.ts';
import { Example } from './rig.ts';

describeWithHaproxy('examples/canary', () => {
  let example: Example | null = null;
  beforeAll(async () => {
    example = await Example.start('canary', 'checkout', 200, [
      ['watch: 15m', 'watch: 8s'],
      ['every: 5s', 'every: 1s\n      warmUp: 2s'],
      ['extend: 15m', 'extend: 20s'],
      ['max: 1%', 'max: 1%\n        harm: 5%'],
    ]);
  }, 120_000);
  afterAll(async () => {
    await example?.stop();
  }, 60_000);

  test('ramps a healthy version over 10, 50 and 100 %, and takes one back that is too slow', async () => {
    if (example === null) throw new Error('The example has not been started.');
    expect(await example.serving()).toEqual(['1.0.0']);
    const good = await example.deploy('1.1.0');
    expect(good).toMatchObject({ state: 'succeeded', cause: null });
    // A watch that saw too little is extended, and stands there once more.
    expect([...new Set(good.watches.map(({ percent }) => percent))]).toEqual([10, 50, 100]);
    expect(await example.serving()).toEqual(['1.1.0']);

    const bad = await example.deploy('1.2.0');
    expect(bad).toMatchObject({ state: 'rolled-back', cause: { by: 'breach' } });
    expect(bad.cause?.sentence).toMatch(/p95|slow/);
    expect(bad.trafficBackMs).toBeLessThan(10_000);
    expect(await example.serving()).toEqual(['1.1.0']);
    expect(example.load.failures).toEqual([]);
  }, 400_000);
});
