import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { atLeast, findNode, firstDifference, whyInstall } from '../../tools/packages.mjs';
import { runProgram } from '../../tools/run-program.ts';

const root = path.resolve(import.meta.dirname, '../..');

describe('versions', () => {
  test.each([
    ['24.2.0', '24.2.0', true],
    ['24.10.0', '24.2.0', true],
    ['22.22.0', '24.2.0', false],
    ['1.26', '1.26.4', false],
    ['1.27', '1.26.4', true],
    ['1.26.4', '1.26.4', true],
  ])('%s is at least %s: %s', (version, least, answer) => {
    expect(atLeast(version, least)).toBe(answer);
  });
});

describe('what has to be installed', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sluice-setup-'));
  });
  afterEach(async () => await rm(folder, { recursive: true, force: true }));

  const lock = { packages: { '': {}, 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } } };
  const write = async (file: string, content: unknown): Promise<void> => {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), JSON.stringify(content));
  };

  test('everything, in a fresh clone', async () => {
    await write('package-lock.json', lock);
    expect(await whyInstall(folder)).toBe('there are none yet');
  });

  test('everything, after an installation that was killed: npm leaves its copy of the lock at the very end', async () => {
    await write('package-lock.json', lock);
    await write('node_modules/a/package.json', { version: '1.0.0' });
    expect(await whyInstall(folder)).toBe('there are none yet');
  });

  test('nothing, while node_modules is what the lock says', async () => {
    await write('package-lock.json', lock);
    await write('node_modules/.package-lock.json', lock);
    expect(await whyInstall(folder)).toBeUndefined();
  });

  test('a folder without a lock file is refused', async () => {
    await expect(whyInstall(folder)).rejects.toThrow('package-lock.json is missing');
  });

  test.each([
    ['a package was added', { 'node_modules/@b/c': { version: '2.0.0' } }, '@b/c is missing'],
    ['a nested one was', { 'node_modules/a/node_modules/d': { version: '2.0.0' } }, 'd is missing'],
    ['a version moved', { 'node_modules/a': { version: '1.0.1' } }, 'a changed to 1.0.1'],
    [
      'the content did',
      { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-b' } },
      'a changed to 1.0.0',
    ],
    [
      "another platform's package is not here",
      { 'node_modules/e': { version: '1.0.0', optional: true } },
      undefined,
    ],
  ])('%s', (_, change, reason) => {
    expect(firstDifference({ packages: { ...lock.packages, ...change } }, lock)).toBe(reason);
  });

  test('the Node that the packages brought is preferred, and a present one that is new enough serves', async () => {
    expect(await findNode(folder)).toBe(process.execPath);
    const own = path.join(folder, 'node_modules', 'node', 'bin', 'node');
    await write('node_modules/node/bin/node', '');
    await chmod(own, 0o755);
    expect(await findNode(folder)).toBe(own);
  });
});

describe('the entry of every npm script', () => {
  const setup = path.join(root, 'tools', 'setup.mjs');
  const run = async (args: readonly string[]): Promise<{ ok: boolean; output: string }> =>
    await runProgram(process.execPath, [setup, '--packages', '--', ...args], root, {
      ...process.env,
      NODE_OPTIONS: '',
    });

  test('hands over to the Node of the packages, which comes first for all it starts', async () => {
    const { ok, output } = await run([
      '--print',
      "process.version + ' ' + child_process.execFileSync('node', ['--version'])",
    ]);
    expect(output.trim()).toBe(`${process.version} ${process.version}`);
    expect(ok).toBe(true);
  });

  test('passes arguments and the exit code on', async () => {
    expect(await run(['--eval', 'process.exit(process.argv[1] === "a b" ? 0 : 1)', 'a b'])).toMatchObject({
      ok: true,
    });
    expect(await run(['--eval', 'process.exit(7)'])).toMatchObject({ ok: false });
  });

  test('SIGTERM reaches the program, which ends in its own way', async () => {
    const program =
      "process.once('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1_000); process.stdout.write('ready')";
    const child = spawn(process.execPath, [setup, '--packages', '--', '--eval', program], {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([5, null]);
  });
});
