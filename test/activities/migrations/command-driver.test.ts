import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { commandDriver } from '../../../activities/migrations/command-driver.ts';
import type { PhaseRequest } from '../../../activities/migrations/driver.ts';
import { migrationsSchema } from '../../../runbooks/migrations.ts';
import { digest } from '../../runbooks/make.ts';
import { commandOf } from './blocks.ts';
import { migrationsFolder } from './files.ts';

// A tool of the tests: a Node program that keeps its books in a file.
const tool = `
import { appendFileSync, existsSync } from 'node:fs';
const [what, version, rollout] = process.argv.slice(2);
const done = existsSync('done');
appendFileSync('calls', [what, version, rollout, process.env.DB].join(' ') + '\\n');
console.log('a tool talks');
if (process.env.SAYS) { console.log(process.env.SAYS); process.exit(Number(process.env.ENDS ?? 0)); }
if (what === 'status') {
  const pending = done ? [] : [{ name: 'V2__email', sha256: 'f'.repeat(64) }];
  console.log(JSON.stringify({ level: 'V2', pending, contractable: [], passed: version === '1' ? 'V1__drop' : null }));
} else {
  appendFileSync('done', 'x');
  console.log(JSON.stringify({ ok: true, found: what + ' by the tool' }));
}
`;

const v1 = { version: '1', digest: digest('a') };
const v2 = { version: '2', digest: digest('b') };
let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ folder, remove } = await migrationsFolder({ 'tool.mjs': tool }));
});
afterEach(() => remove());

const driver = (says = '', ends = '0') => {
  const argv = (what: string) => [process.execPath, 'tool.mjs', what, '{version}'];
  const block = commandOf({
    ...{ status: argv('status'), expand: [...argv('expand'), '{rollout}'] },
    contract: [...argv('contract'), '{rollout}'],
    ...{
      directory: folder,
      env: { DB: 'env:SECRET', ...(says === '' ? {} : { SAYS: 'env:SAYS', ENDS: 'env:ENDS' }) },
    },
  });
  const env = { PATH: process.env['PATH'], SECRET: 'hunter2', SAYS: says, ENDS: ends };
  return commandDriver(block, { service: 'shop', environment: 'production' }, env);
};
const request = (changes: Partial<PhaseRequest> = {}): PhaseRequest => ({
  ...{ rolloutId: 'r1', release: v2, level: 'V2' },
  migrations: [{ name: 'V2__email', sha256: 'f'.repeat(64) }],
  ...{ deadline: Date.now() + 20_000, signal: new AbortController().signal, alive: () => undefined },
  ...changes,
});

test('a tool says what is pending and is run with what it needs', async () => {
  expect(await driver().look({ to: v2, from: v1 })).toEqual({
    ...{ level: 'V2', pending: request().migrations, contractable: [], warnings: [], problems: [] },
    passed: { '1': 'V1__drop' },
  });
  expect(await driver().expand(request())).toBe('expand by the tool');
  expect(await driver().contract(request())).toBe('contract by the tool');
  const calls = (await readFile(path.join(folder, 'calls'), 'utf8')).trim().split('\n');
  expect(calls.filter((call) => !call.startsWith('status'))).toEqual([
    'expand 2 r1 hunter2',
    'contract 2 r1 hunter2',
  ]);
});

test('what was not planned is not run', async () => {
  await expect(driver().expand(request({ migrations: [] }))).rejects.toMatchObject({
    code: 'MIGRATION_CHANGED',
  });
  await writeFile(path.join(folder, 'done'), '');
  expect(await driver().expand(request())).toBe('expand by the tool');
});

test.each([
  ['{"level":1}', '0', 'MIGRATION_INVALID'],
  ['hello', '0', 'MIGRATION_INVALID'],
  ['hello', '3', 'DATABASE_UNAVAILABLE'],
  ['{"ok":false,"code":"refused","message":"V2 is broken"}', '1', 'MIGRATION_FAILED'],
])('a tool that answers %s and ends with %s', async (says, ends, code) => {
  const refusal = expect(driver(says, ends).look({ to: v2, from: null })).rejects;
  await refusal.toMatchObject({ code, message: expect.not.stringContaining('hunter2') });
});

test('the block names one driver', () => {
  const argv = ['true'];
  const command = { status: argv, expand: argv, contract: argv };
  expect(migrationsSchema.safeParse({ command }).success).toBe(true);
  const said = (block: unknown) =>
    migrationsSchema.safeParse(block).error?.issues.map(({ message }) => message);
  expect(said({})).toEqual(['must have exactly one of: sql, command']);
  expect(said({ command, sql: { url: 'env:A', directory: '.' } })).toEqual([
    'must have exactly one of: sql, command',
  ]);
});
