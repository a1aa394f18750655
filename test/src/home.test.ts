import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SluiceError } from '../../runbooks/errors.ts';
import { daemonFile, dataFolder, readDaemonFile, readTokenFile, tokenFile } from '../../src/home.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-home-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the data folder: SLUICE_HOME, else XDG_STATE_HOME, else the home folder; always absolute', () => {
  const state = path.join(homedir(), '.local', 'state', 'sluice');
  expect(dataFolder({ SLUICE_HOME: '/a/b', XDG_STATE_HOME: '/c' })).toBe('/a/b');
  expect(dataFolder({ SLUICE_HOME: 'here' })).toBe(path.resolve('here'));
  expect(dataFolder({ SLUICE_HOME: '', XDG_STATE_HOME: '/c' })).toBe('/c/sluice');
  expect(dataFolder({ XDG_STATE_HOME: 'relative' })).toBe(state);
  expect(dataFolder({})).toBe(state);
});

describe('what stands in it', () => {
  test('nothing yet: null', () => {
    expect(readDaemonFile(path.join(folder, 'none'))).toBeNull();
    expect(readTokenFile(path.join(folder, 'none'))).toBeNull();
  });

  test('address and token', async () => {
    await writeFile(daemonFile(folder), JSON.stringify({ url: 'http://127.0.0.1:4600', pid: 12 }));
    await writeFile(tokenFile(folder), 'secret\n');
    expect(readDaemonFile(folder)).toEqual({ url: 'http://127.0.0.1:4600', pid: 12 });
    expect(readTokenFile(folder)).toBe('secret');
  });

  test.each(['', '{', '{}', '{"url":"file:///etc/passwd","pid":1}', '{"url":"http://x","pid":-1}'])(
    'a daemon file that holds %j is said to be broken, with its path',
    async (text) => {
      const own = await mkdtemp(path.join(folder, 'broken-'));
      await writeFile(daemonFile(own), text);
      const read = (): unknown => readDaemonFile(own);
      expect(read).toThrow(SluiceError);
      expect(read).toThrow(daemonFile(own));
    },
  );

  test('what can not be read is an error, not "nothing"', async () => {
    const own = await mkdtemp(path.join(folder, 'folder-'));
    await mkdir(tokenFile(own));
    expect(() => readTokenFile(own)).toThrow('can not be read');
  });
});
