import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { callPlane } from '../../../../../activities/targets/practice/control-client.ts';
import {
  controlPath,
  eventLogPath,
  statePath,
} from '../../../../../activities/targets/practice/control-path.ts';
import { ensurePlane, planeHealth, stopPlane } from '../../../../../activities/targets/practice/lifecycle.ts';
import { ask, freshHome, isGone, PracticeRig, until } from '../harness.ts';

describe('one plane per home', () => {
  test('the first call starts it, the next adopt it', async () => {
    const rig = await PracticeRig.start();
    const again = await rig.ensure();
    expect(again.adopted).toBe(true);
    expect((await planeHealth(rig.home))?.pid).toBe(again.pid);
  });

  test('daemons that start at once share one', async () => {
    const rig = await PracticeRig.start();
    rig.kill();
    await until('the killed one is gone', async () => (await planeHealth(rig.home)) === null);
    const all = await Promise.all([rig.ensure(), rig.ensure(), rig.ensure()]);
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(1);
    expect(all.filter(({ adopted }) => !adopted)).toHaveLength(1);
    const started = (await rig.events()).filter(({ event }) => event === 'plane-started');
    expect(started).toHaveLength(2);
  });

  test('one that came too late does not take over when the owner is stopped', async () => {
    const rig = await PracticeRig.start();
    rig.kill();
    await until('the killed one is gone', async () => (await planeHealth(rig.home)) === null);
    await Promise.all([rig.ensure(), rig.ensure(), rig.ensure()]);
    expect(await stopPlane(rig.home)).toBe(true);
    // Whoever could still come up would have the lock to do so; whoever waited for it would have it by now.
    expect(await planeHealth(rig.home)).toBeNull();
    const again = await rig.ensure();
    expect(again.adopted).toBe(false);
    const started = (await rig.events()).filter(({ event }) => event === 'plane-started');
    expect(started).toHaveLength(3);
  });

  test('one whose home is removed ends by itself', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0');
    const address = await rig.target.address('shop', '1.0.0');
    const { proxy } = await rig.view();
    await rm(rig.home, { recursive: true });
    await until('its instances are gone', () => isGone(address));
    await until('its proxy is gone', () => isGone(proxy));
  });

  test('a starting daemon waits for one that is just going, and starts its own', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0', { latency: { medianMs: 1500, p95Ms: 1500 } });
    const before = rig.pid;
    const slow = ask((await rig.view()).proxy);
    await callPlane(rig.home, { method: 'POST', path: '/shutdown' });
    const { pid, adopted } = await rig.ensure();
    expect(adopted).toBe(false);
    expect(pid).not.toBe(before);
    expect((await slow).status).toBe(200);
  });

  test('one that can not start says why, with the end of its log', async () => {
    const home = await freshHome();
    const entry = join(home, 'no-such-program.ts');
    const failing = ensurePlane(home, { logFile: join(home, 'plane.log'), entry });
    await expect(failing).rejects.toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      hint: expect.stringContaining('no-such-program'),
    });
  });

  test('nobody there: the adapter says so, stopping says false', async () => {
    const home = await freshHome();
    await expect(callPlane(home, { method: 'GET', path: '/health' })).rejects.toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      details: { reason: 'absent' },
    });
    expect(await stopPlane(home)).toBe(false);
  });

  test("its files and its socket are this user's alone", async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    for (const file of ['control.sock', 'state.json', 'events.jsonl', 'plane.lock']) {
      expect((await stat(join(rig.home, file))).mode & 0o077).toBe(0);
    }
  });

  test('a home with a long path has its socket elsewhere, and works', async () => {
    const home = await freshHome(`practice-${'long-'.repeat(20)}`);
    expect(dirname(controlPath(home))).not.toBe(home);
    expect(Buffer.byteLength(controlPath(home))).toBeLessThanOrEqual(100);
    const rig = await PracticeRig.start(home);
    await rig.create();
    expect((await rig.target.observe('shop')).fence).toBe(0);
    expect((await stat(controlPath(home))).mode & 0o077).toBe(0);
  });
});

describe('a plane that is killed', () => {
  test('comes back with everything as it was, and its old instances go', async () => {
    const rig = await PracticeRig.start();
    await rig.create({ load: { rate: 20, posts: 0 } });
    await rig.establish('1.0.0', { instances: 2 });
    await rig.deploy('2.0.0');
    await rig.ready('2.0.0');
    await rig.write({ do: 'shift', weights: { '1.0.0': 70, '2.0.0': 30 } });
    const before = await rig.view();
    const state = await rig.target.observe('shop');

    rig.kill();
    const addresses = before.instances.flatMap(({ address }) => (address === null ? [] : [address]));
    expect(addresses).toHaveLength(3);
    for (const address of addresses) await until(`${address} is gone`, () => isGone(address));

    expect((await rig.ensure()).adopted).toBe(false);
    await rig.ready('1.0.0');
    await rig.ready('2.0.0');
    const after = await rig.view();
    expect(await rig.target.observe('shop')).toEqual(state);
    expect(after.proxy).toBe(before.proxy);
    expect(after.load).toEqual({ rate: 20, posts: 0 });
    const pids = new Set(before.instances.map(({ pid }) => pid));
    expect(after.instances.every(({ pid }) => pid !== null && !pids.has(pid))).toBe(true);
    expect((await ask(after.proxy)).status).toBe(200);
    await until('the load is back', async () => (await rig.clients()).length > 0);

    // What was written before is still known as written, and the fence still holds.
    await rig.write({ do: 'shift', weights: { '1.0.0': 70, '2.0.0': 30 } }, state.fence);
    const late = rig.write({ do: 'shift', weights: { '2.0.0': 100 } }, state.fence - 1);
    await expect(late).rejects.toMatchObject({ code: 'TARGET_FENCED' });
    const events = await rig.events();
    expect(events.map(({ n }) => n)).toEqual(events.map((_, i) => i + 1));
    const applied = events.flatMap((event) => (event.event === 'applied' ? [event.fence] : []));
    expect(applied).toEqual([1, 2, 3, 4, 5]);
  });

  test('answers only once what has traffic is ready again', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0', { readyAfterMs: 800 });
    rig.kill();
    await rig.ensure();
    const { groups } = await rig.target.observe('shop');
    expect(groups).toMatchObject([{ version: '1.0.0', ready: 1 }]);
    expect((await ask((await rig.view()).proxy)).status).toBe(200);
  });

  test('at any moment of a series of writes: none acknowledged is lost, none is witnessed twice', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0');
    let fence = 100;
    for (let round = 0; round < 5; round += 1) {
      let acknowledged = 0;
      const writing = (async () => {
        for (;;) {
          fence += 1;
          await rig.write({ do: 'promote', version: '1.0.0' }, fence);
          acknowledged = fence;
        }
      })();
      const stopped = writing.catch((error: unknown) => error);
      await until('some writes were acknowledged', () => acknowledged > 100 + round);
      rig.kill();
      expect(await stopped).toMatchObject({ code: 'TARGET_UNAVAILABLE' });
      await rig.ensure();
      // The write that got no answer is said again, as an activity would.
      expect((await rig.target.observe('shop')).fence).toBeGreaterThanOrEqual(acknowledged);
      await rig.write({ do: 'promote', version: '1.0.0' }, fence);
    }
    const applied = (await rig.events()).flatMap((event) => (event.event === 'applied' ? [event.fence] : []));
    const expected = [1, 2, 3, ...Array.from({ length: fence - 100 }, (_, i) => 101 + i)];
    expect(applied).toEqual(expected);
  });
});

describe('what a kill may leave on the disk', () => {
  test('a write that was stored but not yet logged is witnessed by the successor, once', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0');
    rig.kill();
    const log = eventLogPath(rig.home);
    const lines = (await readFile(log, 'utf8')).split('\n');
    expect(lines.at(-2)).toContain('"applied"');
    await writeFile(log, lines.slice(0, -2).join('\n') + '\n');
    for (let round = 0; round < 2; round += 1) {
      await rig.ensure();
      const applied = (await rig.events()).flatMap((event) => (event.event === 'applied' ? [event] : []));
      expect(applied.map(({ fence, restored }) => [fence, restored])).toEqual([
        [1, undefined],
        [2, undefined],
        [3, true],
      ]);
      rig.kill();
    }
  });

  test('a state that can not be read is never taken for an empty one', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    rig.kill();
    await writeFile(statePath(rig.home), '{"protocol":1,');
    await expect(rig.ensure()).rejects.toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      hint: expect.stringContaining('state.json'),
    });
  });
});

describe('a plane that is stopped', () => {
  test('ends its processes in order, and its successor brings them back', async () => {
    const rig = await PracticeRig.start();
    await rig.create({ load: { rate: 50, posts: 0.5 } });
    await rig.establish('1.0.0', { instances: 2 });
    await until('there was traffic', async () => (await rig.clients()).length > 1);
    expect(await stopPlane(rig.home)).toBe(true);
    const events = await rig.events();
    const exits = events.flatMap((event) => (event.event === 'instance-exited' ? [event.code] : []));
    expect(exits).toEqual([0, 0]);
    expect(events.findIndex(({ event }) => event === 'plane-stopping')).toBe(events.length - 3);
    await rig.ensure();
    expect((await rig.target.observe('shop')).weights).toEqual({ '1.0.0': 100 });
  });
});
