import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { create } from 'tar';
import { openLedger } from '../../../src/store/open.ts';
import { ownFolder } from '../../../src/store/owner.ts';
import { closePglite, openPglite } from '../../../src/store/pglite.ts';
import { unpackTemplate } from '../../../src/store/template.ts';
import { testLedgerTemplate } from '../../servers/ledger-template.ts';
import { eventually } from './eventually.ts';
import { requested, storyOf } from './story.ts';

let folder = '';
let writers: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-embedded-'));
});

afterEach(async () => {
  for (const writer of writers) writer.kill('SIGKILL');
  writers = [];
  await rm(folder, { recursive: true, force: true });
});

/** A process that writes until it is killed. */
const startWriter = async (name: string, place = folder) => {
  const script = path.join(import.meta.dirname, 'writer.ts');
  // Without V8's optimising compiler, which would do half of the work of a process that lives for a second.
  const args = ['--liftoff-only', script, place, await testLedgerTemplate(), name];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  writers.push(child);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const closed = new Promise((resolve) => child.once('close', resolve));
  return {
    pid: child.pid,
    /** What it has been told of so far. */
    acknowledged: () => lines.filter((line) => line !== 'open'),
    isOpen: () => lines.includes('open'),
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
};

describe('one owner', () => {
  test('a second opener is told who has the folder; after its end the folder is free', async () => {
    const template = await testLedgerTemplate();
    const options = { folder, template };
    const ledger = await openLedger({ ...options, address: 'http://127.0.0.1:7000' });
    const second = () => openLedger({ ...options, address: 'http://127.0.0.1:7001' });
    await expect(second()).rejects.toMatchObject({
      code: 'LEDGER_OWNED',
      message: expect.stringContaining(`process ${process.pid}, at http://127.0.0.1:7000`),
      details: { address: 'http://127.0.0.1:7000', pid: process.pid },
    });
    await ledger.tellAddress('http://127.0.0.1:7777');
    await expect(second()).rejects.toMatchObject({ details: { address: 'http://127.0.0.1:7777' } });
    // The refused ones have not disturbed it.
    expect(await ledger.append([storyOf()(requested())])).toHaveLength(1);
    await Promise.all([ledger.close(), ledger.close()]);
    const third = await second();
    expect((await third.head()).position).toBe(1);
    await third.close();
  });

  test('another process is refused, and what a killed one owned is free at once', async () => {
    const writer = await startWriter('first');
    await eventually(writer.isOpen);
    const template = await testLedgerTemplate();
    await expect(openLedger({ folder, template, address: 'second' })).rejects.toMatchObject({
      code: 'LEDGER_OWNED',
      details: { address: 'writer first', pid: writer.pid },
    });
    await writer.kill();
    const ownership = ownFolder(folder, 'second');
    expect(JSON.parse(await readFile(path.join(folder, 'owner.json'), 'utf8'))).toEqual({
      address: 'second',
      pid: process.pid,
    });
    ownership.release();
    expect(existsSync(path.join(folder, 'owner.json'))).toBe(false);
  });
});

/** Starts and kills writers on one ledger, and then looks for everything that they were told is written. */
const killTenTimes = async (place: string, first: number): Promise<void> => {
  const acknowledged: string[] = [];
  for (let kill = first; kill < first + 10; kill += 1) {
    const writer = await startWriter(String(kill), place);
    // At another point of its work each time: within the first write, the thirty-seventh, the twenty-fourth, …
    await eventually(() => writer.isOpen() && writer.acknowledged().length >= (kill * 37) % 50, 120_000);
    await writer.kill();
    acknowledged.push(...writer.acknowledged().map((id) => `rollout-${kill} ${id}`));
  }
  const ledger = await openLedger({ folder: place, template: await testLedgerTemplate(), address: 'reader' });
  const stored = new Set<string>();
  for (let after = 0, rest = true; rest;) {
    const events = await ledger.events({ after, limit: 1000 });
    for (const event of events) stored.add(`${event.rolloutId} ${event.id}`);
    after = events.at(-1)?.position ?? after;
    rest = events.length > 0;
  }
  expect(acknowledged.length).toBeGreaterThan(150);
  expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
  expect(await ledger.verifyChain()).toMatchObject({ ok: true, events: stored.size });
  await ledger.close();
};

describe('killed', () => {
  test('writers that are killed 20 times lose no event that was acknowledged', async () => {
    // Two ledgers side by side, because most of the time goes into starting processes.
    await Promise.all(['a', 'b'].map((name, i) => killTenTimes(path.join(folder, name), i * 10)));
  }, 300_000);

  test('what a process that was killed while making the ledger left is cleared away', async () => {
    await mkdir(path.join(folder, 'data.new', 'base'), { recursive: true });
    await writeFile(path.join(folder, 'data.new', 'PG_VERSION'), '18');
    const ledger = await openLedger({ folder, template: await testLedgerTemplate(), address: 'x' });
    expect(await ledger.append([storyOf()(requested())])).toHaveLength(1);
    await ledger.close();
    expect(existsSync(path.join(folder, 'data.new'))).toBe(false);
  });
});

describe('the prepared ledger', () => {
  test('one of other migrations is not used', async () => {
    const stale = path.join(folder, 'stale');
    const data = await unpackTemplate(await testLedgerTemplate(), stale);
    if (data === null) throw new Error('the template of these very sources is of no use to them');
    const made = await openPglite(data);
    await sql`insert into meta (key, value) values ('stale', 'true')`.execute(made.db);
    await closePglite(made);
    await writeFile(path.join(stale, 'migrations'), 'of another version');
    const template = path.join(folder, 'stale.tar.gz');
    await create({ file: template, cwd: stale, gzip: true }, ['.']);

    const warnings: string[] = [];
    const place = path.join(folder, 'ledger');
    const onWarning = (sentence: string): void => void warnings.push(sentence);
    const ledger = await openLedger({ folder: place, template, address: 'x', onWarning });
    await ledger.close();

    expect(warnings).toEqual([expect.stringContaining('of another version')]);
    const database = await openPglite(path.join(place, 'data'));
    const rows = await sql`select 1 from meta where key = 'stale'`.execute(database.db);
    await closePglite(database);
    expect(rows.rows).toEqual([]);
  });

  test('files that are no database are an error that says where they are, and are left alone', async () => {
    await mkdir(path.join(folder, 'data'));
    await writeFile(path.join(folder, 'data', 'PG_VERSION'), '3');
    await expect(openLedger({ folder, template: null, address: 'x' })).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      message: expect.stringContaining(path.join(folder, 'data')),
    });
    expect(await readFile(path.join(folder, 'data', 'PG_VERSION'), 'utf8')).toBe('3');
    // And the folder is free again.
    ownFolder(folder, 'y').release();
  });
});
