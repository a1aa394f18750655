import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import type { Actor } from '../../../runbooks/access.ts';
import type { EventBody } from '../../../runbooks/events.ts';
import type { RolloutsDeps } from '../../../src/rollouts/deps.ts';
import { bodyHashOf } from '../../../src/rollouts/input.ts';
import { createRollouts } from '../../../src/rollouts/rollouts.ts';
import { rollback } from '../../../src/rollouts/rollback.ts';
import type { Ledger } from '../../../src/store/ledger.ts';
import { openLedger } from '../../../src/store/open.ts';
import { layLedger } from '../../servers/ledger-template.ts';

const ana: Actor = { id: 'ana', via: 'operator', groups: ['operator'] };
const ended = '01900000-0000-7000-8000-000000000001';
const running = '01900000-0000-7000-8000-000000000002';
const asked = { service: 'shop', environment: 'production', to: null };

const requested = (version: string): EventBody => ({
  ...{ type: 'requested', kind: 'deploy', service: 'shop', environment: 'production' },
  ...{ version, of: null, files: [] },
});

let folder: string;
let ledger: Ledger;
let connection: Connection;
let deps: RolloutsDeps;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-rollback-'));
  ledger = await openLedger(await layLedger(path.join(folder, 'ledger')));
  // Nobody listens on port 1: whatever is said to a run waits in the ledger, where these tests would see it.
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
afterEach(async () => {
  await connection.close();
  await ledger.close();
  await rm(folder, { recursive: true, force: true });
});

const event = (rolloutId: string, id: string, body: EventBody) => ({
  ...{ rolloutId, id, at: new Date().toISOString(), actor: ana, body, texts: {} },
});
const heard = (key: string): EventBody => ({
  ...{ type: 'command', command: 'rollback', effect: 'way-back', refusal: null, key },
});
const say = (key: string) => rollback(deps, { ...asked, actor: ana, reason: null, key });

test('two first requests with one key: the later one is not said to the rollout that runs by then', async () => {
  await ledger.append([
    event(ended, 'face/requested', requested('2.1.0')),
    event(ended, 'rollout/1', { type: 'closed', state: 'succeeded', sentence: 'done' }),
    event(running, 'face/requested', requested('2.2.0')),
    event(running, 'rollout/1', { type: 'state', state: 'watching', until: null, next: null }),
  ]);
  await ledger.remember('k-1', bodyHashOf({ say: 'rollback', ...asked }), ended);
  // As it was when this request looked, a moment before the other one wrote.
  deps = { ...deps, ledger: { ...ledger, rememberedBy: async () => null } };
  await expect(say('k-1')).rejects.toMatchObject({
    code: 'COMMAND_REFUSED',
    message: expect.stringContaining(ended),
  });
  expect(await ledger.waitingCommands()).toEqual([]);
});

test('"done" is said to the key that was heard, and not to another one of the same rollout', async () => {
  await ledger.append([
    event(ended, 'face/requested', requested('2.1.0')),
    event(ended, 'rollout/1', heard('k-1')),
    event(ended, 'rollout/2', { type: 'closed', state: 'aborted', sentence: 'taken back' }),
  ]);
  for (const key of ['k-1', 'k-2'])
    await ledger.remember(key, bodyHashOf({ say: 'rollback', ...asked }), ended);
  expect(await say('k-1')).toMatchObject({ outcome: 'done', rolloutId: ended, effect: 'way-back' });
  await expect(say('k-2')).rejects.toMatchObject({
    code: 'COMMAND_REFUSED',
    message: `Rollout ${ended} had ended (aborted) before it could be told to go back.`,
  });
});

test('a retry that was meant for a failed way back does not become another deploy where that is over by now', async () => {
  await ledger.append([
    event(ended, 'face/requested', requested('2.1.0')),
    event(ended, 'rollout/1', { type: 'closed', state: 'rolled-back-by-hand', sentence: 'taken over' }),
  ]);
  const late = { id: ended, command: 'retry', actor: ana, reason: null, key: 'k-late' } as const;
  await expect(createRollouts(deps).say({ ...late, meant: 'retry-way-back' })).rejects.toMatchObject({
    code: 'COMMAND_REFUSED',
    message: expect.stringContaining('it would do another thing now'),
  });
  expect(await ledger.rollouts({ limit: 10 })).toHaveLength(1);
});

test('a retry that was taken by a failed way back begins nothing when it comes again after the end', async () => {
  await ledger.append([
    event(ended, 'face/requested', requested('2.1.0')),
    event(ended, 'rollout/1', {
      ...{ type: 'command', command: 'retry', effect: 'retry-way-back', refusal: null, key: 'k-1' },
    }),
    event(ended, 'rollout/2', { type: 'closed', state: 'rolled-back', sentence: 'taken back' }),
  ]);
  const again = { id: ended, command: 'retry', actor: ana, reason: null, key: 'k-1' } as const;
  expect(await createRollouts(deps).say(again)).toEqual({
    ...{ outcome: 'done', rolloutId: ended, effect: 'retry-way-back', state: 'rolled-back', started: null },
  });
  expect(await ledger.rollouts({ limit: 10 })).toHaveLength(1);
});

test('a key that is refused twice, each time for another reason, is told each of them', async () => {
  await ledger.append([
    event(ended, 'face/requested', requested('2.1.0')),
    event(ended, 'rollout/1', { type: 'state', state: 'deploying', until: null, next: null }),
  ]);
  const override = { id: ended, command: 'override', actor: ana, reason: null, key: 'k-1' } as const;
  const rollouts = createRollouts(deps);
  await expect(rollouts.say(override)).rejects.toMatchObject({ code: 'COMMAND_REFUSED' });
  await ledger.append([event(ended, 'rollout/2', { type: 'closed', state: 'denied', sentence: 'no' })]);
  await expect(rollouts.say(override)).rejects.toMatchObject({
    code: 'COMMAND_REFUSED',
    message: expect.stringContaining('it was denied'),
  });
});
