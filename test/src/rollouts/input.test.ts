import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import type { RolloutsDeps } from '../../../src/rollouts/deps.ts';
import type { Wanted } from '../../../src/rollouts/wanted.ts';
import { makeInput } from '../../../src/rollouts/input.ts';
import type { Ledger } from '../../../src/store/ledger.ts';
import { validText } from '../service-file/make.ts';

let folder: string;
let connection: Connection;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-input-'));
  connection = Connection.lazy({ address: '127.0.0.1:1' });
});
afterEach(async () => {
  await connection.close();
  await rm(folder, { recursive: true });
});

const write = (name: string, text: string): Promise<void> => writeFile(path.join(folder, name), text);

/** Making an input asks nobody: neither Temporal nor the ledger. */
const deps = (): RolloutsDeps => ({
  client: new Client({ connection }),
  ledger: {} as Ledger,
  services: folder,
  settings: {
    queues: { main: 'test', watch: 'test-watch', tell: 'test-tell' },
    ...{ heartbeatMs: 15_000, writeMs: 5_000, writeForMs: 120_000, ledgerPatienceMs: 20_000 },
  },
  log: pino({ level: 'silent' }),
});

const wanted: Wanted = {
  ...{ rolloutId: 'r', kind: 'deploy', service: 'shop', environment: null, version: '2.1.0' },
  ...{ actor: { id: 'ana', via: 'operator', groups: [] }, reason: null, of: null },
};
const organisation = "apiVersion: sluice/v1\ndefaults: { environments: { '*': { held: 2h } } }\n";
const short = validText.replace('    held: 24h\n', '');

test('a rollout freezes what counts when it is asked for, and keeps both files by their SHA-256', async () => {
  await write('shop.yml', short);
  const alone = await makeInput(deps(), wanted);
  expect(alone.files.map((file) => path.basename(file.path))).toEqual(['shop.yml']);
  expect(alone.service.environments['production']?.held).toBe(86_400_000);

  await write('sluice.yml', organisation);
  const beside = await makeInput(deps(), wanted);
  expect(beside.service.environments['production']?.held).toBe(7_200_000);
  expect(beside.files).toEqual([
    ...alone.files,
    {
      path: path.join(folder, 'sluice.yml'),
      sha256: createHash('sha256').update(organisation).digest('hex'),
      text: organisation,
    },
  ]);

  // As with the service file: the next one that is asked for has the change, this one does not.
  await write('sluice.yml', organisation.replace('2h', '3h'));
  expect(beside.service.environments['production']?.held).toBe(7_200_000);
  expect((await makeInput(deps(), wanted)).service.environments['production']?.held).toBe(10_800_000);
});

test('a floor, and a file that is wrong, stop what ships and nothing that takes back', async () => {
  const back: readonly Wanted[] = [
    { ...wanted, kind: 'rollback', version: null },
    { ...wanted, kind: 'flag', version: null, flag: { name: 'f', percent: 0 } },
  ];
  const ships: readonly Wanted[] = [
    wanted,
    { ...wanted, kind: 'flag', version: null, flag: { name: 'f', percent: 10 } },
  ];
  await write('shop.yml', validText);
  for (const [text, code] of [
    ["apiVersion: sluice/v1\nfloors: { environments: { '*': { held: 1h } } }\n", 'SERVICE_FILE_INVALID'],
    ['apiVersion: sluice/v1\nfloors: 7\n', 'ORGANISATION_FILE_INVALID'],
    ['[', 'ORGANISATION_FILE_INVALID'],
  ] as const) {
    await write('sluice.yml', text);
    for (const each of ships) await expect(makeInput(deps(), each)).rejects.toMatchObject({ code });
    for (const each of back) expect((await makeInput(deps(), each)).service.service).toBe('shop');
  }
});
