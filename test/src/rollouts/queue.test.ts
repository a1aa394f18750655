import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import type { Actor } from '../../../runbooks/access.ts';
import type { EventBody } from '../../../runbooks/events.ts';
import type { RolloutsDeps } from '../../../src/rollouts/deps.ts';
import { find } from '../../../src/rollouts/look.ts';
import { endOfWait, startWaiting } from '../../../src/rollouts/waiting.ts';
import type { Ledger } from '../../../src/store/ledger.ts';
import { openLedger } from '../../../src/store/open.ts';
import type { Queued } from '../../../src/store/queue.ts';
import { layLedger } from '../../servers/ledger-template.ts';

const ana: Actor = { id: 'ana', via: 'operator', groups: ['operator'] };
// A ledger takes seconds to open: there is one for all tests, and each has a service of its own in it.
let told = 0;
const shop = (): string => `shop-${String(told)}`;
const idOf = (n: number): string =>
  `01900000-0000-7000-8000-${String(told).padStart(6, '0')}${String(n).padStart(6, '0')}`;
const timeOf = (n: number): string => `2026-01-01T00:0${String(n)}:00.000Z`;

const queued = (n: number, changes: Partial<Queued> = {}): Queued => ({
  ...{ service: shop(), environment: 'production', rolloutId: idOf(n), mode: 'queue', behind: idOf(1) },
  wanted: {
    ...{ kind: 'deploy', service: shop(), environment: 'production', version: `2.${String(n)}.0` },
    ...{ actor: ana, reason: null, of: null },
  },
  at: timeOf(n),
  ...changes,
});

let folder: string;
let ledger: Ledger;
let connection: Connection;
let deps: RolloutsDeps;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-queue-'));
  ledger = await openLedger(await layLedger(path.join(folder, 'ledger')));
  // Nobody listens on port 1: whatever would be started is not.
  connection = Connection.lazy({ address: '127.0.0.1:1' });
  const settings = { heartbeatMs: 15_000, writeMs: 5_000, writeForMs: 120_000, ledgerPatienceMs: 20_000 };
  deps = {
    client: new Client({ connection }),
    ledger,
    services: folder,
    settings: { queues: { main: 'test', watch: 'test-watch', tell: 'test-tell' }, ...settings },
    log: pino({ level: 'silent' }),
    answerMs: 300,
  };
});
beforeEach(() => {
  told += 1;
});
afterEach(async () => {
  for (const { rolloutId } of await ledger.queue.all()) await ledger.queue.remove(rolloutId);
});
afterAll(async () => {
  await connection.close();
  await ledger.close();
  await rm(folder, { recursive: true, force: true });
});

const tell = (n: number, id: string, body: EventBody) =>
  ledger.append([{ rolloutId: idOf(n), id, at: timeOf(n), actor: ana, body, texts: {} }]);
const ask = (n: number, kind: 'deploy' | 'rollback' = 'deploy') =>
  tell(n, 'face/requested', {
    ...{ type: 'requested', kind, service: shop(), environment: 'production' },
    ...{ version: `2.${String(n)}.0`, of: null, files: [] },
  });
const runs = (n: number) =>
  tell(n, 'rollout/1', { type: 'state', state: 'watching', until: null, next: null });

describe('the queue in the ledger', () => {
  test('one per service and environment: the newest stands, and the one it replaced is named', async () => {
    expect(await ledger.queue.put(queued(2))).toEqual({ stands: true, replaced: null });
    expect(await ledger.queue.put(queued(4))).toEqual({ stands: true, replaced: queued(2) });
    expect(await ledger.queue.put(queued(3))).toEqual({ stands: false, replaced: null });
    expect(await ledger.queue.put(queued(4))).toEqual({ stands: true, replaced: null });
    const elsewhere = queued(5, { environment: 'staging' });
    await ledger.queue.put(elsewhere);
    expect(await ledger.queue.all()).toEqual([queued(4), elsewhere]);
    expect(await ledger.queue.of(idOf(2))).toBeNull();
  });

  test('whoever takes one is alone with it, until it is given back or its time is over', async () => {
    await ledger.queue.put(queued(2));
    const takes = await Promise.all([1, 2, 3].map(() => ledger.queue.take(idOf(2), 60_000)));
    expect(takes.filter(Boolean)).toHaveLength(1);
    await ledger.queue.release(idOf(2));
    expect(await ledger.queue.take(idOf(2), -1)).toBe(true);
    expect(await ledger.queue.take(idOf(2), 60_000)).toBe(true);
    await ledger.queue.remove(idOf(2));
    expect(await ledger.queue.take(idOf(2), 60_000)).toBe(false);
  });
});

describe('what waits', () => {
  test('is shown as queued also where its process died before it said so, and stays while Temporal is away', async () => {
    await ask(2);
    await ledger.queue.put(queued(2));
    await startWaiting(deps);
    expect(await ledger.rollout(idOf(2))).toMatchObject({ state: 'queued', endedAt: null });
    expect(await ledger.queue.of(idOf(2))).toEqual(queued(2));
  });

  test('stands behind what runs: that is what the name of the service means', async () => {
    await ask(1);
    await runs(1);
    await ask(2);
    await ledger.queue.put(queued(2));
    await startWaiting(deps);
    expect((await find(deps, shop())).id).toBe(idOf(1));
  });

  test('is forgotten once it has begun', async () => {
    await ask(2);
    await ledger.queue.put(queued(2));
    await runs(2);
    await startWaiting(deps);
    expect(await ledger.queue.all()).toEqual([]);
  });
});

describe('whether it may start', () => {
  const closed = (n: number, state: 'succeeded' | 'rolled-back' | 'aborted' | 'denied' | 'superseded') =>
    tell(n, 'rollout/9', { type: 'closed', state, sentence: 'so it ended.' });
  const began = (n: number) => tell(n, 'rollout/2', { type: 'step-started', step: 0 });
  const others = async () =>
    (await ledger.rollouts({ service: shop(), limit: 10 })).filter(({ id }) => id !== idOf(2));

  test.each(['succeeded', 'denied', 'superseded'] as const)('after one that %s: yes', async (state) => {
    await ask(1);
    await closed(1, state);
    expect(endOfWait(queued(2), await others())).toBeNull();
  });

  test('after one that was aborted before anything ran: yes', async () => {
    await ask(1);
    await closed(1, 'aborted');
    expect(endOfWait(queued(2), await others())).toBeNull();
  });

  test.each(['rolled-back', 'aborted'] as const)(
    'after one that was %s: a person looks first',
    async (state) => {
      await ask(1);
      await began(1);
      await closed(1, state);
      expect(endOfWait(queued(2), await others())).toMatchObject({
        state: 'refused',
        problem: { message: expect.stringContaining('so it ended.'), hint: expect.stringContaining('retry') },
      });
    },
  );

  test('after a rollback that was asked for since: a person looks first', async () => {
    await ask(1);
    await closed(1, 'succeeded');
    await ask(3, 'rollback');
    await closed(3, 'succeeded');
    expect(endOfWait(queued(2), await others())).toMatchObject({ state: 'refused' });
  });

  test('one that was taken back before it was asked for is no reason', async () => {
    await ask(0);
    await began(0);
    await closed(0, 'rolled-back');
    expect(endOfWait(queued(2), await others())).toBeNull();
  });
});
