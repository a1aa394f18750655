import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ToolRig } from './rig.ts';

const service = 'shop';
const node = process.execPath;
const digest = `sha256:${'a'.repeat(64)}`;
const mark = (fence: number) => ({ rolloutId: 'r1', key: `r1/${String(fence)}`, fence });

let rig: ToolRig;
beforeEach(() => {
  rig = new ToolRig();
});
afterEach(() => {
  delete process.env['TEST_TOOL_TOKEN'];
  rig.clear();
});

const calls = (): readonly Record<string, unknown>[] =>
  readFileSync(path.join(rig.folder, 'calls.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a tool', () => {
  test('is told each step with its fence and key, and what it observes is what counts', async () => {
    const target = rig.target();
    expect(await target.observe(service)).toEqual({ groups: [], weights: {}, stable: null, fence: 0 });
    await target.apply(service, { do: 'deploy', release: { version: '1.0.0', digest } }, mark(1));
    await target.apply(service, { do: 'shift', weights: { '1.0.0': 100, '0.9.0': 0 } }, mark(2));
    await target.apply(service, { do: 'promote', version: '1.0.0' }, mark(3));
    await target.apply(service, { do: 'scale', version: '1.0.0', instances: 3 }, mark(4));
    expect(await target.observe(service)).toEqual({
      groups: [{ version: '1.0.0', digest, instances: 3, ready: 3 }],
      weights: { '1.0.0': 100 },
      stable: '1.0.0',
      fence: 4,
    });
    expect(await target.address(service, '1.0.0')).toBe('http://127.0.0.1:1234');
    const writes = calls().filter(({ verb }) => verb !== 'observe' && verb !== 'address');
    expect(writes.map(({ verb, args, fence, key }) => [verb, args, fence, key])).toEqual([
      ['deploy', ['1.0.0', digest, ''], '1', 'r1/1'],
      ['shift', ['{"1.0.0":100}'], '2', 'r1/2'],
      ['promote', ['1.0.0'], '3', 'r1/3'],
      ['scale', ['1.0.0', '3'], '4', 'r1/4'],
    ]);
    await expect(target.apply(service, { do: 'promote', version: '2.0.0' }, mark(5))).rejects.toMatchObject({
      code: 'TARGET_REFUSED',
      message: expect.stringContaining('nobody knows it'),
    });
    await expect(target.apply(service, { do: 'promote', version: '1.0.0' }, mark(2))).rejects.toMatchObject({
      code: 'TARGET_FENCED',
    });
  });

  test('that would take anything away is never told to take away what still serves', async () => {
    const group = (version: string, ready: number) => ({ version, digest, instances: 2, ready });
    const runs = (
      groups: readonly ReturnType<typeof group>[],
      weights: Record<string, number>,
      stable: string | null,
    ): void => {
      writeFileSync(
        path.join(rig.folder, 'state.json'),
        JSON.stringify({ groups, weights, stable, fence: 0 }),
      );
    };
    const target = rig.target();
    const retire = { do: 'retire', version: '2.0.0' } as const;
    const stop = { do: 'scale', version: '2.0.0', instances: 0 } as const;
    const told = (action: typeof retire | typeof stop, by = target): Promise<unknown> =>
      by.apply(service, action, mark(1)).catch((error: unknown) => error);
    const refused = (words: string) => ({
      code: 'TARGET_REFUSED',
      message: expect.stringContaining(words),
    });

    runs([group('1.0.0', 2), group('2.0.0', 2)], { '1.0.0': 90, '2.0.0': 10 }, '1.0.0');
    expect(await told(retire)).toMatchObject(refused('10 % of the traffic'));
    expect(await told(stop)).toMatchObject(refused('10 % of the traffic'));
    runs([group('1.0.0', 2), group('2.0.0', 2)], { '1.0.0': 100 }, '2.0.0');
    expect(await told(retire)).toMatchObject(refused('promoted version'));
    runs([group('1.0.0', 0), group('2.0.0', 1)], { '1.0.0': 100 }, '1.0.0');
    expect(await told(retire)).toMatchObject(refused('last healthy group'));
    expect(await told(stop)).toMatchObject(refused('last healthy group'));
    // Whose traffic follows its instances says nothing by its share; that nobody else is ready says all.
    runs([group('1.0.0', 0), group('2.0.0', 2)], { '2.0.0': 100 }, '1.0.0');
    expect(await told(stop, rig.target({ shift: undefined }))).toMatchObject(refused('last healthy group'));
    expect(calls().every(({ verb }) => verb === 'observe')).toBe(true);

    // An outage that is said to be meant, an ill group, and one that others stand beside: the tool is told.
    const outage = { ...stop, downtime: true } as const;
    await target.apply(service, outage, mark(2));
    runs([group('1.0.0', 0), group('2.0.0', 0)], { '1.0.0': 100 }, '1.0.0');
    await target.apply(service, retire, mark(3));
    runs([group('1.0.0', 2), group('2.0.0', 2)], { '1.0.0': 100 }, '1.0.0');
    await target.apply(service, stop, mark(4));
    await target.apply(service, retire, mark(5));
    expect((await target.observe(service)).groups.map(({ version }) => version)).toEqual(['1.0.0']);
    // Gone already: the way back of what never arrived.
    await target.apply(service, retire, mark(6));
  });

  test('gets secrets by reference, nothing else of the worker, and no message repeats one', async () => {
    process.env['TEST_TOOL_TOKEN'] = 'hunter2-hunter2';
    const env = { TOKEN: 'env:TEST_TOOL_TOKEN' };
    await rig.target({ env }).observe(service);
    const [call] = calls();
    expect(call?.['token']).toBe('hunter2-hunter2');
    expect(call?.['env']).not.toContain('TEST_TOOL_TOKEN');
    const leaking = [node, '-e', 'console.error("no access for " + process.env.TOKEN); process.exit(1)'];
    const error: unknown = await rig
      .target({ env, observe: leaking })
      .observe(service)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      message: expect.stringContaining('no access for ***'),
    });
    await expect(rig.target({ env: { TOKEN: 'env:NOT_THERE' } }).observe(service)).rejects.toThrow(
      'env:NOT_THERE',
    );
  });

  test('has its arguments as they are: no shell reads them', async () => {
    const weights = { '1.0.0': 100 };
    const echo = [
      node,
      '-e',
      'console.log(JSON.stringify({ok:false,code:"refused",message:process.argv[1]}))',
    ];
    const target = rig.target({ shift: [...echo, '$(id);`id`;{weights};{service}'] });
    await expect(target.apply(service, { do: 'shift', weights }, mark(1))).rejects.toThrow(
      '$(id);`id`;{"1.0.0":100};shop',
    );
  });

  test('without a shift is waited for until its traffic has followed', async () => {
    const target = rig.target({ shift: undefined });
    const all = { do: 'shift', weights: { '2.0.0': 100 } } as const;
    await expect(target.apply(service, all, mark(1))).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    const groups = [{ version: '2.0.0', digest, instances: 1, ready: 1 }];
    const state = { groups, weights: { '2.0.0': 100 }, stable: null, fence: 0 };
    writeFileSync(path.join(rig.folder, 'state.json'), JSON.stringify(state));
    await target.apply(service, all, mark(1));
  });
});

const invalid = 'TARGET_ANSWER_INVALID';
describe('malformed and hostile output', () => {
  test.each([
    ['nothing', '0', invalid],
    ['no JSON', 'console.log("all went well")', invalid],
    [
      'JSON, and then more',
      'console.log("{\\"groups\\":[],\\"weights\\":{},\\"stable\\":null}\\nbye")',
      invalid,
    ],
    ['a key too many', 'console.log(\'{"groups":[],"weights":{},"stable":null,"extra":1}\')', invalid],
    ['a prototype', 'console.log(\'{"groups":[],"weights":{},"stable":null,"__proto__":{"x":1}}\')', invalid],
    ['a text for a number', 'console.log(\'{"groups":[],"weights":{"1":"100"},"stable":null}\')', invalid],
    [
      'more ready than there are',
      `console.log('{"groups":[{"version":"1","digest":"${digest}","instances":1,"ready":2}],"weights":{},"stable":null}')`,
      invalid,
    ],
    ['bytes', 'process.stdout.write(Buffer.from([0xff,0xfe,0,0x1b,0x5b,0x32,0x4a]))', invalid],
    ['brackets without end', 'process.stdout.write("[".repeat(200000))', invalid],
    ['more than can be', 'for(;;) require("node:fs").writeSync(1, "x".repeat(65536))', invalid],
    [
      'success and a failing exit',
      'console.log(\'{"groups":[],"weights":{},"stable":null}\'); process.exitCode = 2',
      'TARGET_UNAVAILABLE',
    ],
    ['a crash', 'process.kill(process.pid, "SIGSEGV")', 'TARGET_UNAVAILABLE'],
  ])('%s', async (_what, script, code) => {
    const error: unknown = await rig
      .target({ observe: [node, '-e', script] })
      .observe(service)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code, message: expect.stringContaining('observe of shop') });
    expect(String(error)).toMatch(/^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]{1,900}$/);
  });

  test('a program that hangs and ignores SIGTERM is ended with all that it started', async () => {
    const script = `
      process.on('SIGTERM', () => {});
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
      require('node:fs').writeFileSync('pids', process.pid + ' ' + child.pid);
      setInterval(() => {}, 1e6);`;
    const target = rig.target({ within: '3s', observe: [node, '-e', script] });
    await expect(target.observe(service)).rejects.toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      message: expect.stringContaining('longer than 3 s'),
    });
    const pids = readFileSync(path.join(rig.folder, 'pids'), 'utf8').split(' ').map(Number);
    for (const deadline = Date.now() + 10_000; pids.some(isAlive) && Date.now() < deadline;) await pause(20);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test('one that is given up ends at once', async () => {
    const giveUp = new AbortController();
    const asked = rig
      .target({ observe: [node, '-e', 'setInterval(() => {}, 1e6)'] })
      .observe(service, giveUp.signal);
    giveUp.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });
});
