import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import type { Actor } from '../../../runbooks/access.ts';
import type { EventBody } from '../../../runbooks/events.ts';
import { bodyHashOf } from '../../../src/rollouts/input.ts';
import { rollback } from '../../../src/rollouts/rollback.ts';
import { openLedger } from '../../../src/store/open.ts';
import { testLedgerTemplate } from '../../servers/ledger-template.ts';

const ana: Actor = { id: 'ana', via: 'operator', groups: ['operator'] };
const ended = '01900000-0000-7000-8000-000000000001';
const running = '01900000-0000-7000-8000-000000000002';
const asked = { service: 'shop', environment: 'production', to: null };

const requested = (version: string): EventBody => ({
  ...{ type: 'requested', kind: 'deploy', service: 'shop', environment: 'production' },
  ...{ version, of: null, files: [] },
});

test('two first requests with one key: the later one is not said to the rollout that runs by then', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-rollback-'));
  const ledger = await openLedger({
    folder: path.join(folder, 'ledger'),
    address: 'a test',
    template: await testLedgerTemplate(),
  });
  // Nobody listens on port 1: whatever is said to a run waits in the ledger, where this test would see it.
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  try {
    const event = (rolloutId: string, id: string, body: EventBody) => ({
      ...{ rolloutId, id, at: new Date().toISOString(), actor: ana, body, texts: {} },
    });
    await ledger.append([
      event(ended, 'face/requested', requested('2.1.0')),
      event(ended, 'rollout/1', { type: 'closed', state: 'succeeded', sentence: 'done' }),
      event(running, 'face/requested', requested('2.2.0')),
      event(running, 'rollout/1', { type: 'state', state: 'watching', until: null, next: null }),
    ]);
    await ledger.remember('k-1', bodyHashOf({ say: 'rollback', ...asked }), ended);
    const settings = { heartbeatMs: 15_000, writeMs: 5_000, writeForMs: 120_000, ledgerPatienceMs: 20_000 };
    const deps = {
      client: new Client({ connection }),
      // As it was when this request looked, a moment before the other one wrote.
      ledger: { ...ledger, rememberedBy: async () => null },
      services: folder,
      settings: { queues: { main: 'test', watch: 'test-watch' }, ...settings },
      log: pino({ level: 'silent' }),
      answerMs: 300,
    };
    const again = rollback(deps, { ...asked, actor: ana, reason: null, key: 'k-1' });
    await expect(again).rejects.toMatchObject({
      code: 'COMMAND_REFUSED',
      message: expect.stringContaining(ended),
    });
    expect(await ledger.waitingCommands()).toEqual([]);
  } finally {
    await connection.close();
    await ledger.close();
    await rm(folder, { recursive: true, force: true });
  }
});
