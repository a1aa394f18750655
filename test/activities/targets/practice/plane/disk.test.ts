import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseEvents } from '../../../../../activities/targets/practice/event-log.ts';
import { EventWriter } from '../../../../../activities/targets/practice/plane/event-writer.ts';
import { lockHome } from '../../../../../activities/targets/practice/plane/home-lock.ts';
import { Serial } from '../../../../../activities/targets/practice/plane/serial.ts';
import { readState, writeState } from '../../../../../activities/targets/practice/plane/state-file.ts';
import { manifestOf } from '../harness.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plane-disk-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the state file', () => {
  test('gives back what was written, and an empty state where there is none', async () => {
    const path = join(folder, 'state.json');
    expect(await readState(path)).toEqual({});
    const action = { do: 'promote', version: '1.0.0' } as const;
    const shop = {
      port: 20_001,
      load: { rate: 5, posts: 0.1 },
      groups: [{ version: '1.0.0', ...manifestOf('1.0.0') }],
      weights: { '1.0.0': 100 },
      stable: '1.0.0',
      fence: 9,
      last: { rolloutId: 'r', key: 'k', fence: 9, action, outcome: 'applied' as const },
    };
    await writeState(path, { shop });
    expect(await readState(path)).toEqual({ shop });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test.each(['', '{', '{"protocol":999,"services":{}}', '{"protocol":1,"services":{"shop":{}}}'])(
    'never takes %j for an empty state',
    async (text) => {
      const path = join(folder, 'state.json');
      await writeFile(path, text);
      await expect(readState(path)).rejects.toThrow(path);
    },
  );
});

describe('the event log', () => {
  test('numbers its lines without gaps, across writers', async () => {
    const path = join(folder, 'events.jsonl');
    for (let run = 0; run < 2; run += 1) {
      const writer = new EventWriter(path);
      writer.append({ event: 'plane-started', pid: run, services: [] });
      writer.append({ event: 'weights', service: 'shop', weights: { '1.0.0': 100 } });
      writer.close();
    }
    const events = parseEvents(await readFile(path, 'utf8'));
    expect(events.map(({ n }) => n)).toEqual([1, 2, 3, 4]);
  });

  test('a line that a kill cut short is no event, and does not spoil the next', async () => {
    const path = join(folder, 'events.jsonl');
    const first = new EventWriter(path);
    first.append({ event: 'plane-started', pid: 1, services: [] });
    first.close();
    await appendFile(path, '{"n":2,"at":17,"event":"wei');
    expect(parseEvents(await readFile(path, 'utf8'))).toHaveLength(1);
    const second = new EventWriter(path);
    expect(second.earlier).toHaveLength(1);
    second.append({ event: 'plane-stopping', pid: 2 });
    second.close();
    const events = parseEvents(await readFile(path, 'utf8'));
    expect(events.map(({ n, event }) => [n, event])).toEqual([
      [1, 'plane-started'],
      [2, 'plane-stopping'],
    ]);
  });

  test('a line of another shape is not passed over', () => {
    expect(() => parseEvents('{"n":1,"at":1,"event":"unheard-of"}\n')).toThrow();
  });
});

describe('the lock of a home', () => {
  test("is one holder's until released", () => {
    const path = join(folder, 'plane.lock');
    const first = lockHome(path);
    expect(first).not.toBeNull();
    expect(lockHome(path)).toBeNull();
    first?.release();
    const third = lockHome(path);
    expect(third).not.toBeNull();
    third?.release();
  });
});

describe('Serial', () => {
  test('runs one after the other, and goes on after a failure', async () => {
    const serial = new Serial();
    const order: string[] = [];
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const first = serial.run(async () => {
      await gate;
      order.push('first');
      throw new Error('first fails');
    });
    const second = serial.run(async () => Promise.resolve(order.push('second')));
    expect(order).toEqual([]);
    open();
    await expect(first).rejects.toThrow('first fails');
    await second;
    expect(order).toEqual(['first', 'second']);
  });
});
