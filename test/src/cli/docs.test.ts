import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { errorTable } from '../../../runbooks/errors.ts';
import { stateTable } from '../../../runbooks/state.ts';
import { flags, groups } from '../../../src/cli/grammar.ts';
import { openBareWorld } from '../api/world.ts';

const docs = (name: string): Promise<string> =>
  readFile(path.join(import.meta.dirname, '../../../docs', name), 'utf8');

test('docs/cli.md has every command with its options, and every option', async () => {
  const page = await docs('cli.md');
  for (const { usage, flags: own } of groups.flatMap(([, rows]) => rows)) {
    const name = usage.split(' ')[0] ?? '';
    const line = page.split('\n').find((each) => each.startsWith(`| \`sluice ${name}`)) ?? '';
    const told = line.includes('as `hold`')
      ? (page.split('\n').find((each) => each.startsWith('| `sluice hold')) ?? '')
      : line;
    expect(told.match(/--[a-z-]+/g) ?? []).toEqual(own.map((flag) => `--${flag}`));
  }
  for (const flag of Object.keys(flags)) expect(page).toContain(`| \`--${flag}`);
});

test('docs/cli.md has every exit code that can come', async () => {
  const page = await docs('cli.md');
  const exits = [...Object.values(errorTable), ...Object.values(stateTable)].map(({ exit }) => exit);
  for (const exit of new Set(exits))
    if (exit !== null) expect(page).toMatch(new RegExp(`\\n\\| ${String(exit)} +\\| `));
});

test('docs/api.md has every call', async () => {
  const page = await docs('api.md');
  const world = openBareWorld();
  const answer = await world.api().inject({ url: '/v1/openapi.json' });
  const { paths } = answer.json<{ readonly paths: Record<string, Record<string, unknown>> }>();
  for (const [route, methods] of Object.entries(paths)) {
    for (const method of Object.keys(methods)) expect(page).toContain(`\`${method.toUpperCase()} ${route}\``);
  }
  await world.close();
});
