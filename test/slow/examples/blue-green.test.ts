import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithHaproxy } from '../../servers/haproxy.ts';
import { Example } from './rig.ts';

describeWithHaproxy('examples/blue-green', () => {
  let example: Example | null = null;
  beforeAll(async () => {
    example = await Example.start('blue-green', 'storefront', 150, [
      ['watch: 10m', 'watch: 8s'],
      ['every: 5s', 'every: 1s\n      warmUp: 2s'],
      ['extend: 10m', 'extend: 20s'],
      ['max: 1%', 'max: 1%\n        harm: 5%'],
    ]);
  }, 120_000);
  afterAll(async () => {
    await example?.stop();
  }, 60_000);

  test('switches to a healthy version and back from a bad one, without a lost request', async () => {
    if (example === null) throw new Error('The example has not been started.');
    expect(await example.serving()).toEqual(['1.0.0']);
    const good = await example.deploy('1.1.0');
    expect(good).toMatchObject({ state: 'succeeded', cause: null });
    expect(await example.serving()).toEqual(['1.1.0']);
    expect((await example.target.observe('storefront')).groups.map(({ version }) => version).sort()).toEqual([
      '1.0.0',
      '1.1.0',
    ]);
    expect(example.load.failures).toEqual([]);

    const bad = await example.deploy('1.2.0');
    expect(bad).toMatchObject({ state: 'rolled-back', cause: { by: 'breach' } });
    expect(bad.trafficBackMs).toBeLessThan(10_000);
    expect(await example.serving()).toEqual(['1.1.0']);
    const { groups, stable } = await example.target.observe('storefront');
    expect(stable).toBe('1.1.0');
    expect(groups.map(({ version }) => version)).not.toContain('1.2.0');
    // What failed was answered by the bad version itself: 500, and nothing else.
    expect(new Set(example.load.failures.map((why) => why.split(': ')[1]))).toEqual(new Set(['500']));
  }, 400_000);
});
