import { describe, expect, test } from '@jest/globals';
import { ask, manifestOf, PracticeRig, until } from './harness.ts';

const outcomes = new Set(['received', 'applied', 'repeated', 'fenced', 'refused']);

/** What the event log says became of the writes, in order. */
const witnessed = async (rig: PracticeRig): Promise<readonly string[]> =>
  (await rig.events()).flatMap((event) =>
    outcomes.has(event.event) && 'fence' in event ? [`${String(event.fence)} ${event.event}`] : [],
  );

describe('a rollout, write by write', () => {
  test('deploy, shift, promote and retire are seen in the state, in the traffic and in the log', async () => {
    const rig = await PracticeRig.start();
    expect(await rig.target.observe('shop')).toEqual({ groups: [], weights: {}, stable: null, fence: 0 });
    await rig.create();
    await rig.establish('1.0.0', { instances: 2 });
    await rig.deploy('2.0.0');
    await rig.ready('2.0.0');
    const { digest: oldDigest } = manifestOf('1.0.0', { instances: 2 });
    const { digest: newDigest } = manifestOf('2.0.0');
    expect(await rig.target.observe('shop')).toEqual({
      groups: [
        { version: '1.0.0', digest: oldDigest, instances: 2, ready: 2 },
        { version: '2.0.0', digest: newDigest, instances: 1, ready: 1 },
      ],
      weights: { '1.0.0': 100 },
      stable: '1.0.0',
      fence: 4,
    });
    // The new group answers under its own address before it has any traffic.
    const address = await rig.target.address('shop', '2.0.0');
    expect((await ask(address, '/')).body).toContain('"2.0.0"');
    expect((await ask(address, '/healthz')).status).toBe(200);

    const { proxy } = await rig.view();
    expect((await ask(proxy)).by).toMatch(/^1\.0\.0\/1\.0\.0-[01]$/);
    await rig.write({ do: 'shift', weights: { '2.0.0': 100 } });
    expect((await ask(proxy)).by).toBe('2.0.0/2.0.0-0');
    await rig.write({ do: 'promote', version: '2.0.0' });
    await rig.write({ do: 'retire', version: '1.0.0' });
    expect(await rig.target.observe('shop')).toEqual({
      groups: [{ version: '2.0.0', digest: newDigest, instances: 1, ready: 1 }],
      weights: { '2.0.0': 100 },
      stable: '2.0.0',
      fence: 7,
    });
    const exits = async () => (await rig.events()).filter(({ event }) => event === 'instance-exited');
    const gone = await until('both old instances have exited', async () => {
      const seen = await exits();
      return seen.length === 2 && seen;
    });
    expect(gone).toMatchObject([
      { version: '1.0.0', code: 0 },
      { version: '1.0.0', code: 0 },
    ]);
    const expected = [1, 2, 3, 4, 5, 6, 7].flatMap((n) => [`${String(n)} received`, `${String(n)} applied`]);
    expect(await witnessed(rig)).toEqual(expected);
  });

  test('weights divide the requests, and instances of a version take turns', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0', { instances: 2 });
    await rig.deploy('2.0.0');
    await rig.ready('2.0.0');
    await rig.write({ do: 'shift', weights: { '1.0.0': 80, '2.0.0': 20 } });
    const { proxy } = await rig.view();
    const served = new Map<string, number>();
    for (let round = 0; round < 50; round += 1) {
      const replies = await Promise.all(Array.from({ length: 20 }, () => ask(proxy, '/api/cart')));
      for (const { by, status } of replies) {
        expect(status).toBe(200);
        served.set(by, (served.get(by) ?? 0) + 1);
      }
    }
    // 1,000 draws at 20 %: six standard deviations are 76.
    const canary = served.get('2.0.0/2.0.0-0') ?? 0;
    expect(canary).toBeGreaterThan(124);
    expect(canary).toBeLessThan(276);
    const first = served.get('1.0.0/1.0.0-0') ?? 0;
    const second = served.get('1.0.0/1.0.0-1') ?? 0;
    expect(Math.abs(first - second)).toBeLessThanOrEqual(1);
    expect(first + second + canary).toBe(1000);
  });
});

describe('fences', () => {
  test('a lower one is refused, the same write again changes nothing', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0');
    await rig.deploy('2.0.0');
    await rig.ready('2.0.0');
    await rig.write({ do: 'shift', weights: { '1.0.0': 90, '2.0.0': 10 } }, 20);
    await rig.write({ do: 'shift', weights: { '1.0.0': 90, '2.0.0': 10 } }, 20);
    const late = rig.write({ do: 'shift', weights: { '2.0.0': 100 } }, 19);
    await expect(late).rejects.toMatchObject({ code: 'TARGET_FENCED' });
    const other = rig.write({ do: 'shift', weights: { '2.0.0': 100 } }, 20);
    await expect(other).rejects.toMatchObject({ code: 'TARGET_FENCED' });
    const state = await rig.target.observe('shop');
    expect(state.weights).toEqual({ '1.0.0': 90, '2.0.0': 10 });
    expect(state.fence).toBe(20);
    expect((await witnessed(rig)).slice(-8)).toEqual([
      '20 received',
      '20 applied',
      '20 received',
      '20 repeated',
      '19 received',
      '19 fenced',
      '20 received',
      '20 fenced',
    ]);
    const shifts = (await rig.events()).filter(({ event }) => event === 'weights');
    expect(shifts).toHaveLength(2);
  });

  test('a write held up until after a newer one does not land', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0');
    await rig.deploy('2.0.0');
    await rig.ready('2.0.0');
    rig.hurry();
    await rig.fault({ delayNextWriteMs: 3000, action: 'shift' });
    const forward = rig.write({ do: 'shift', weights: { '1.0.0': 50, '2.0.0': 50 } }, 30);
    forward.catch(() => undefined);
    await until('the write has come in', async () => (await witnessed(rig)).includes('30 received'));
    await rig.write({ do: 'shift', weights: { '1.0.0': 100 } }, 31);
    // Its own client has given up after 2 s, which doesn't take the write back.
    await expect(forward).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    await until('the late write was judged', async () => (await witnessed(rig)).includes('30 fenced'));
    expect(await witnessed(rig)).not.toContain('30 applied');
    expect((await rig.target.observe('shop')).weights).toEqual({ '1.0.0': 100 });
  });

  test('a held-up write without a newer one is applied late, though nobody waits for it', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0');
    rig.hurry();
    await rig.fault({ delayNextWriteMs: 2500 });
    const promote = rig.write({ do: 'promote', version: '1.0.0' }, 40);
    await expect(promote).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    await until('it was applied', async () => (await witnessed(rig)).includes('40 applied'));
    await rig.write({ do: 'promote', version: '1.0.0' }, 40);
    expect((await witnessed(rig)).at(-1)).toBe('40 repeated');
  });

  test('a write whose answer got lost is repeated without a second effect', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.fault({ loseNextAnswers: 1, action: 'deploy' });
    const { text, digest } = manifestOf('1.0.0');
    const action = { do: 'deploy', release: { version: '1.0.0', digest } } as const;
    const first = rig.write(action, 1, { text, digest });
    await expect(first).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    await rig.write(action, 1, { text, digest });
    expect(await witnessed(rig)).toEqual(['1 received', '1 applied', '1 received', '1 repeated']);
    const started = (await rig.events()).filter(({ event }) => event === 'instance-started');
    expect(started).toHaveLength(1);
  });
});

describe('refusals and failures, as the adapter tells them', () => {
  test('what the target will not do', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0');
    await rig.deploy('3.0.0', { readyAfterMs: 'never' });
    const { digest } = manifestOf('2.0.0');
    const release = { version: '2.0.0', digest };
    const cases = [
      [{ do: 'shift', weights: { '1.0.0': 90, '3.0.0': 10 } }, 'TARGET_REFUSED', /3\.0\.0 is ready/],
      [{ do: 'shift', weights: { '1.0.0': 90 } }, 'TARGET_REFUSED', /90, not to 100/],
      [{ do: 'shift', weights: { '9.9.9': 100 } }, 'TARGET_REFUSED', /not deployed/],
      [{ do: 'promote', version: '9.9.9' }, 'TARGET_REFUSED', /not deployed/],
      [{ do: 'retire', version: '1.0.0' }, 'TARGET_REFUSED', /traffic/],
      [{ do: 'deploy', release }, 'ARTIFACT_CHANGED', /digest/],
    ] as const;
    for (const [action, code, message] of cases) {
      const artifact = action.do === 'deploy' ? { digest, text: '{"another":"text"}' } : undefined;
      await expect(rig.write(action, undefined, artifact)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
        hint: expect.any(String),
      });
    }
    const { weights, stable } = await rig.target.observe('shop');
    expect({ weights, stable }).toEqual({ weights: { '1.0.0': 100 }, stable: '1.0.0' });
    expect((await witnessed(rig)).filter((line) => line.endsWith('refused'))).toHaveLength(cases.length);
  });

  test('what it does not know', async () => {
    const rig = await PracticeRig.start();
    const { target } = rig;
    const mark = { rolloutId: 'r', key: 'k', fence: 1 };
    const unknown = {
      code: 'TARGET_REFUSED',
      details: expect.objectContaining({ reason: 'SERVICE_UNKNOWN' }),
    };
    await expect(target.apply('shop', { do: 'promote', version: '1' }, mark)).rejects.toMatchObject(unknown);
    await expect(target.read('shop', '1.0.0')).rejects.toMatchObject(unknown);
    await expect(target.address('shop', '1.0.0')).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
    await rig.create();
    await expect(target.read('shop', '1.0.0')).rejects.toMatchObject({
      code: 'TARGET_REFUSED',
      details: expect.objectContaining({ reason: 'VERSION_UNKNOWN' }),
    });
    await rig.deploy('1.0.0', { readyAfterMs: 'never' });
    await expect(target.address('shop', '1.0.0')).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    const hostile = 'x/../../shop?version=1';
    await expect(target.read(hostile, '1.0.0')).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
  });

  test('a service that is unreachable answers nothing, does nothing, and serves on', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.establish('1.0.0');
    const { proxy } = await rig.view();
    rig.hurry();
    await rig.fault({ unreachableMs: 3_600_000 });
    const before = await witnessed(rig);
    const write = rig.write({ do: 'promote', version: '1.0.0' });
    await expect(Promise.all([write, rig.target.observe('shop')])).rejects.toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      message: expect.stringContaining('2000 ms'),
    });
    expect((await ask(proxy)).status).toBe(200);
    await rig.fault({ unreachableMs: 0 });
    expect((await rig.target.observe('shop')).stable).toBe('1.0.0');
    expect(await witnessed(rig)).toEqual(before);
  });

  test('a caller who gives up gets his own reason', async () => {
    const rig = await PracticeRig.start();
    await rig.create();
    await rig.fault({ unreachableMs: 3_600_000 });
    const giveUp = new AbortController();
    const reading = rig.target.observe('shop', giveUp.signal);
    giveUp.abort(new Error('the rollout was aborted'));
    await expect(reading).rejects.toThrow('the rollout was aborted');
  });
});
