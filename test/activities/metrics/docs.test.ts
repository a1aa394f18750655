import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { gatesSchema } from '../../../runbooks/gates.ts';

const page = await readFile(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);

test('docs/metrics.md shows gates blocks that are accepted', () => {
  expect(examples).toHaveLength(5);
  for (const text of examples) expect(gatesSchema.safeParse(parse(text)).error?.issues ?? []).toEqual([]);
});

test('docs/metrics.md has the defaults of its table', () => {
  const { source } = gatesSchema.parse(parse(examples[0] ?? ''));
  expect(source).toEqual({ prometheus: { url: 'http://prometheus:9090', timeout: 5000, fresh: 60_000 } });
  expect(page).toMatch(/\| `timeout` +\| `5s` /);
  expect(page).toMatch(/\| `fresh` +\| `60s` /);
});
