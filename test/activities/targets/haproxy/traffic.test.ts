import { afterEach, expect, test } from '@jest/globals';
import { describeWithHaproxy } from '../../../servers/haproxy.ts';
import { SteadyLoad } from '../../../servers/steady-load.ts';
import { Rig, service, until } from './rig.ts';

let rig: Rig | null = null;
let load: SteadyLoad | null = null;
afterEach(async () => {
  await load?.stop();
  await rig?.stop();
  load = rig = null;
});

const versions = (answers: readonly { readonly version: string | null }[]) => [
  ...new Set(answers.map(({ version }) => version)),
];

describeWithHaproxy('HAProxy under steady load', () => {
  test('a switch, a canary and a rolling replacement lose no request, in both directions', async () => {
    rig = await Rig.start();
    await rig.deploy('1.0.0');
    await rig.shift({ '1.0.0': 100 });
    await rig.write({ do: 'promote', version: '1.0.0' });
    load = new SteadyLoad(rig.haproxy.url, 300);
    expect(versions(await load.next(100))).toEqual(['1.0.0']);

    // Blue-green: one switch there, one back, within a second at the client.
    await rig.deploy('2.0.0');
    expect(versions(await load.next(20))).toEqual(['1.0.0']);
    await rig.shift({ '2.0.0': 100 });
    const switched = Date.now();
    await load.next(330);
    expect(load.answers.filter(({ at, version }) => at > switched + 1000 && version !== '2.0.0')).toEqual([]);
    const before = Date.now();
    await rig.shift({ '1.0.0': 100 });
    const tookMs = Date.now() - before;
    await load.next(350);
    expect(load.answers.filter(({ at, version }) => at > before + 1000 && version !== '1.0.0')).toEqual([]);
    expect(tookMs).toBeLessThan(1000);

    // Canary: shares as they are told, and as HAProxy says them.
    for (const percent of [10, 50]) {
      await rig.shift({ '2.0.0': percent, '1.0.0': 100 - percent });
      expect((await rig.target.observe(service)).weights).toEqual({
        '2.0.0': percent,
        '1.0.0': 100 - percent,
      });
      await load.next(20);
      const answers = await load.next(300);
      const share = answers.filter(({ version }) => version === '2.0.0').length / answers.length;
      expect(Math.abs(share - percent / 100)).toBeLessThan(0.06);
    }
    // The way back, with requests still under way in what goes.
    await rig.shift({ '1.0.0': 100 });
    await rig.write({ do: 'retire', version: '2.0.0' });
    expect(rig.living()).toEqual(['shop-1.0.0-0', 'shop-1.0.0-1']);

    // Rolling: one by one, there and back.
    await rig.deploy('3.0.0', {}, 1);
    await rig.shift({ '3.0.0': 33, '1.0.0': 67 });
    await rig.write({ do: 'scale', version: '1.0.0', instances: 1 });
    await rig.write({ do: 'scale', version: '3.0.0', instances: 2 });
    await rig.ready('3.0.0');
    await rig.shift({ '3.0.0': 67, '1.0.0': 33 });
    expect(versions(await load.next(100)).sort()).toEqual(['1.0.0', '3.0.0']);
    await rig.write({ do: 'scale', version: '1.0.0', instances: 2 });
    await rig.ready('1.0.0');
    await rig.shift({ '1.0.0': 100 });
    await rig.write({ do: 'retire', version: '3.0.0' });
    await load.next(50);

    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.answers.length).toBeGreaterThan(1000);
  }, 120_000);

  test('a HAProxy that restarts comes back as it was; one that forgot is put right', async () => {
    rig = await Rig.start();
    await rig.deploy('1.0.0');
    await rig.deploy('2.0.0');
    await rig.shift({ '1.0.0': 80, '2.0.0': 20 });
    await rig.haproxy.restart();
    // By the state it read itself: nobody of Sluice has been there yet.
    const own = await rig.haproxy.say('show servers state shop');
    expect(own.split('\n').filter((line) => / 2 4 (160|40|80|20|\d+) /.test(line)).length).toBe(4);
    expect((await rig.target.observe(service)).weights).toEqual({ '1.0.0': 80, '2.0.0': 20 });

    await rig.haproxy.kill();
    await expect(rig.target.observe(service)).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    const { rmSync } = await import('node:fs');
    rmSync(`${rig.haproxy.state}/shop.servers`);
    await rig.haproxy.restart();
    expect((await fetch(rig.haproxy.url)).status).toBe(503);
    expect((await rig.target.observe(service)).weights).toEqual({ '1.0.0': 80, '2.0.0': 20 });
    await until('clients are served', async () => ((await fetch((rig as Rig).haproxy.url)).ok ? true : null));
  }, 90_000);
});
