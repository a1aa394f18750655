import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from '@jest/globals';
import { recordingsIn, recordingsKeptMs } from '../../../src/store/recordings.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-recordings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const json = JSON.stringify({ samples: Array.from({ length: 1000 }, (_, t) => ({ t, requests: 12 })) });
const filesIn = (place: string): readonly string[] =>
  readdirSync(place, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(place, name))
    .filter((file) => statSync(file).isFile());

test('a recording is kept small, comes back to the letter, and is one however often it is put', async () => {
  const place = path.join(folder, 'kept');
  const recordings = recordingsIn(place);
  const sha256 = await recordings.put(json);
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(await recordings.put(json)).toBe(sha256);
  expect(await recordings.get(sha256)).toBe(json);
  const [file = '', ...more] = filesIn(place);
  expect(more).toEqual([]);
  expect(statSync(file).size).toBeLessThan(json.length / 5);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('one that is not there, or was changed, is told apart', async () => {
  const place = path.join(folder, 'changed');
  const recordings = recordingsIn(place);
  const sha256 = await recordings.put(json);
  await expect(recordings.get('0'.repeat(64))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(recordings.get('../../etc/passwd')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  for (const file of filesIn(place)) writeFileSync(file, gzipSync(json.replace('12', '13')));
  await expect(recordings.get(sha256)).rejects.toMatchObject({ code: 'LEDGER_BROKEN' });
});

test('what is older than 90 days goes, what is younger stays; a folder that is not there yet is empty', async () => {
  const place = path.join(folder, 'pruned');
  const recordings = recordingsIn(place);
  expect(await recordings.prune(Date.now())).toBe(0);
  const old = await recordings.put(json);
  const [file = ''] = filesIn(place);
  const longAgo = (Date.now() - recordingsKeptMs - 60_000) / 1000;
  utimesSync(file, longAgo, longAgo);
  const young = await recordings.put('{}');
  expect(await recordings.prune(Date.now() - recordingsKeptMs)).toBe(1);
  await expect(recordings.get(old)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await recordings.get(young)).toBe('{}');
});
