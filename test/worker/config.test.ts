import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { errorTable } from '../../runbooks/errors.ts';
import { configTable, readConfig } from '../../src/config.ts';
import { root } from '../e2e/dev.ts';
import { runSluiced } from './sluiced.ts';

const wrong = errorTable.CONFIG_INVALID.exit;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-config-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const homeOf = (name: string): string => path.join(folder, name);

describe('configuration', () => {
  test('that is wrong in several places is told at once, and nothing is begun', async () => {
    const home = homeOf('several');
    const { exit, out, err } = await runSluiced(['dev'], {
      SLUICE_HOME: home,
      SLUICE_PORT: '70000',
      SLUICE_LOG_LEVEL: 'loud',
      SLUICE_HEARTBEAT: '15',
      SLUICE_WATCH_SLOTS: '-1',
      SLUICE_DATABASE_URL: 'mysql://db/sluice',
      SLUICE_PROT: '4600',
    });
    expect(exit).toBe(wrong);
    expect(wrong).toBe(78);
    expect(out).toBe('');
    expect(err).toContain('CONFIG_INVALID');
    expect(err).toContain('wrong in 6 places');
    for (const name of ['PORT', 'LOG_LEVEL', 'HEARTBEAT', 'WATCH_SLOTS', 'DATABASE_URL', 'PROT'])
      expect(err).toMatch(new RegExp(`^ +SLUICE_${name}: `, 'm'));
    expect(err).toMatch(/SLUICE_PROT: no such variable/);
    expect(err).toContain('docs/configuration.md');
    expect(existsSync(home)).toBe(false);
  });

  test('does not show a password that stands in a wrong URL', () => {
    const env = { SLUICE_DATABASE_URL: 'mysql://ana:hunter2@db/sluice' };
    expect(() => readConfig(env)).toThrow(/^(?!.*hunter2).*SLUICE_DATABASE_URL/s);
  });

  test.each(['worker', 'serve', 'migrate'])('sluiced %s needs PostgreSQL and says so', async (command) => {
    const { exit, err } = await runSluiced([command], { SLUICE_HOME: homeOf(command) });
    expect(exit).toBe(wrong);
    expect(err).toContain('SLUICE_DATABASE_URL');
  });

  test('a practice file that is wrong is refused with its place, and leaves nothing running', async () => {
    const home = homeOf('practice');
    const practice = path.join(folder, 'practice.json');
    writeFileSync(practice, JSON.stringify({ services: [{ service: 'Shop', manifests: '.' }] }));
    const env = { SLUICE_HOME: home, SLUICE_PRACTICE: practice, SLUICE_PORT: '0' };
    const { exit, err } = await runSluiced(['dev'], env);
    expect(exit).toBe(wrong);
    expect(err).toContain('services.0.service');
    expect(err).toContain('services.0.version');
    expect(existsSync(path.join(home, 'temporal', 'server.json'))).toBe(false);
    expect(existsSync(path.join(home, 'practice', 'control.sock'))).toBe(false);
  });
});

test('arguments that make no sense are refused before anything is reached', async () => {
  const nowhere = { SLUICE_HOME: homeOf('sense'), TEMPORAL_ADDRESS: '127.0.0.1:1' };
  expect(await runSluiced(['drain', 'v1'], nowhere)).toMatchObject({ exit: errorTable.USAGE.exit });
});

describe('docs/configuration.md', () => {
  const text = readFileSync(path.join(root, 'docs/configuration.md'), 'utf8');
  const [, section = ''] = text.split(/^## /m);
  const rows = [...section.matchAll(/^\| `(SLUICE_[A-Z_]+)` +\| (.*?) +\| (.*?) +\|$/gm)];

  test('lists every variable with its default and meaning, and no other', () => {
    const plain = (cell: string | undefined): string => (cell ?? '').replaceAll('`', '');
    const documented = rows.map(([, name, value, says]) => [name, plain(value), plain(says)]);
    const table = configTable().map(({ name, default: value, says }) => [
      name,
      value,
      says.replaceAll('`', ''),
    ]);
    expect(documented).toEqual(table);
  });

  test('says what sluiced --help says', async () => {
    const { exit, out } = await runSluiced(['--help'], {});
    expect(exit).toBe(0);
    for (const { name, says } of configTable()) expect(out).toMatch(new RegExp(`${name} +${escape(says)}`));
  });
});

const escape = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
