import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import type { Actor } from '../../../runbooks/access.ts';
import type { Command } from '../../../runbooks/state.ts';
import type { RolloutsDeps } from '../../../src/rollouts/deps.ts';
import { retryWaiting } from '../../../src/rollouts/inbox.ts';
import type { Ledger } from '../../../src/store/ledger.ts';
import { openLedger } from '../../../src/store/open.ts';
import { testLedgerTemplate } from '../../servers/ledger-template.ts';

const ana: Actor = { id: 'ana', via: 'operator', groups: ['operator'] };
const rolloutId = '01900000-0000-7000-8000-000000000001';

let folder: string;
let ledger: Ledger;
let connection: Connection;
let deps: RolloutsDeps;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-inbox-'));
  ledger = await openLedger({
    folder: path.join(folder, 'ledger'),
    address: 'a test',
    template: await testLedgerTemplate(),
  });
  // Nobody listens on port 1: Temporal is away.
  connection = Connection.lazy({ address: '127.0.0.1:1' });
  deps = {
    client: new Client({ connection }),
    ledger,
    services: folder,
    settings: {
      queues: { main: 'test', watch: 'test-watch' },
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

test('a command that would now surprise its author is not carried out any more; the way back always is', async () => {
  const old = 10 * 60_000;
  await put('hold-old', 'hold', old);
  await put('promote-old', 'promote', old);
  await put('abort-old', 'abort', old);
  await put('rollback-old', 'rollback', old);
  await retryWaiting(deps);
  expect(await waiting()).toEqual(['abort-old', 'rollback-old']);
});

test('a command to a rollout that nobody knows does not wait for ever', async () => {
  await put('abort-lost', 'abort', 0, '01900000-0000-7000-8000-00000000dead');
  await retryWaiting(deps);
  expect(await waiting()).toEqual([]);
});
