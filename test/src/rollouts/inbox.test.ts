import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import type { Actor } from '../../../runbooks/access.ts';
import type { EventBody } from '../../../runbooks/events.ts';
import type { Command } from '../../../runbooks/state.ts';
import type { RolloutsDeps } from '../../../src/rollouts/deps.ts';
import { retryWaiting } from '../../../src/rollouts/inbox.ts';
import type { Ledger } from '../../../src/store/ledger.ts';
import { openLedger } from '../../../src/store/open.ts';
import { layLedger } from '../../servers/ledger-template.ts';

const ana: Actor = { id: 'ana', via: 'operator', groups: ['operator'] };
const rolloutId = '01900000-0000-7000-8000-000000000001';

let folder: string;
let ledger: Ledger;
let connection: Connection;
let deps: RolloutsDeps;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-inbox-'));
  ledger = await openLedger(await layLedger(path.join(folder, 'ledger')));
  // Nobody listens on port 1: Temporal is away.
  connection = Connection.lazy({ address: '127.0.0.1:1' });
  deps = {
    client: new Client({ connection }),
    ledger,
    services: folder,
    settings: {
      queues: { main: 'test', watch: 'test-watch', tell: 'test-tell' },
      heartbeatMs: 15_000,
      writeMs: 5_000,
      writeForMs: 120_000,
      ledgerPatienceMs: 20_000,
    },
    log: pino({ level: 'silent' }),
    answerMs: 300,
  };
  await ledger.append([
    {
      rolloutId,
      id: 'face/requested',
      at: new Date().toISOString(),
      actor: ana,
      body: {
        type: 'requested',
        kind: 'deploy',
        service: 'shop',
        environment: 'production',
        version: '2.1.0',
        of: null,
        files: [],
      },
      texts: {},
    },
  ]);
});
afterEach(async () => {
  await connection.close();
  await ledger.close();
  await rm(folder, { recursive: true, force: true });
});

const put = (id: string, command: Command, agoMs: number, of = rolloutId) =>
  ledger.putCommand({
    id,
    rolloutId: of,
    command,
    actor: ana,
    reason: null,
    at: new Date(Date.now() - agoMs).toISOString(),
  });

const waiting = async (): Promise<readonly string[]> =>
  (await ledger.waitingCommands()).map(({ id }) => id).sort();

test('while Temporal is away a command waits, and one more command does not stand in its way', async () => {
  await put('hold-now', 'hold', 0);
  await put('abort-now', 'abort', 0);
  await retryWaiting(deps);
  expect(await waiting()).toEqual(['abort-now', 'hold-now']);
});

test('nobody is told "not done" of what may have been heard: while Temporal is away, however late it waits', async () => {
  const old = 10 * 60_000;
  for (const command of ['hold', 'promote', 'abort'] as const) await put(`${command}-old`, command, old);
  await retryWaiting(deps);
  expect(await waiting()).toEqual(['abort-old', 'hold-old', 'promote-old']);
});

const tell = (id: string, body: EventBody) =>
  ledger.append([{ rolloutId, id, at: new Date().toISOString(), actor: ana, body, texts: {} }]);
const answerTo = async (id: string) => {
  const { state, answer } = (await ledger.inboxCommand(id)) ?? {};
  return { state, answer };
};

test('what its rollout has told of a command is its answer, with nobody asked again', async () => {
  for (const [key, command] of [
    ['hold-1', 'hold'],
    ['abort-1', 'abort'],
    ['abort-2', 'abort'],
  ] as const)
    await put(key, command, 0);
  await tell('rollout/1', { type: 'command', command: 'hold', effect: 'hold', refusal: null, key: 'hold-1' });
  await tell('rollout/2', {
    ...{ type: 'command', command: 'abort', effect: null, key: 'abort-1' },
    refusal: 'only on-call may',
  });
  await tell('rollout/3', { type: 'state', state: 'held', until: null, next: null });
  await retryWaiting(deps);
  expect(await answerTo('hold-1')).toEqual({ state: 'done', answer: 'held' });
  expect(await answerTo('abort-1')).toEqual({ state: 'refused', answer: 'only on-call may' });
  expect(await waiting()).toEqual(['abort-2']);

  // The whole story is told, and one command is not in it.
  await tell('rollout/4', { type: 'closed', state: 'succeeded', sentence: 'done' });
  await retryWaiting(deps);
  expect(await answerTo('abort-2')).toEqual({
    state: 'refused',
    answer: 'not done: the rollout has ended (succeeded)',
  });
});

test('a command that was heard by a rollout which has ended since was done', async () => {
  await put('abort-1', 'abort', 0);
  await tell('rollout/1', {
    ...{ type: 'command', command: 'abort', effect: 'way-back', refusal: null, key: 'abort-1' },
  });
  await tell('rollout/2', { type: 'closed', state: 'aborted', sentence: 'aborted by ana' });
  await retryWaiting(deps);
  expect(await answerTo('abort-1')).toEqual({ state: 'done', answer: 'aborted' });
});

test('a command to a rollout that nobody knows does not wait for ever', async () => {
  await put('abort-lost', 'abort', 0, '01900000-0000-7000-8000-00000000dead');
  await retryWaiting(deps);
  expect(await waiting()).toEqual([]);
});
