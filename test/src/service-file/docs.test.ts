import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { serviceFileSchema } from '../../../runbooks/service.ts';
import { knownAt, serviceJsonSchema } from '../../../src/service-file/json-schema.ts';
import { parseServiceFile } from '../../../src/service-file/read.ts';
import { changed, said, validText } from './make.ts';
import { rowsOf } from './rows.ts';

const page = await readFile(new URL('../../../docs/service-file.md', import.meta.url), 'utf8');
const example = await readFile(new URL('../../../examples/shop/shop.yml', import.meta.url), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)].flatMap(([, found, text]) =>
    found === language && text !== undefined ? [text] : [],
  );

describe('docs/service-file.md', () => {
  test('has a row for every key of the schema, with its default and its meaning', () => {
    const rows = page
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      // Columns are padded for the eye.
      .map((line) => line.replace(/ +/g, ' '));
    expect(rows).toEqual(rowsOf(serviceJsonSchema(), ''));
  });

  test('shows examples that are accepted', () => {
    expect(blocks('yaml')).toHaveLength(2);
    for (const text of blocks('yaml')) expect(said(text)).toEqual([]);
  });

  test('says in the short one what it says in the long one by default', () => {
    const [short = '', long = ''] = blocks('yaml').map(
      (text) => parseServiceFile(text, 'shop.yml').file.environments['production'],
    );
    if (typeof short === 'string' || typeof long === 'string') throw new Error('both declare production');
    expect({ ...short, smoke: [], gates: { ...short.gates, holdBack: 0.1 } }).toEqual({
      ...long,
      smoke: [],
      gates: long.gates,
    });
  });

  test('shows a refusal as it is', () => {
    const [shown = ''] = blocks('text');
    const [problem = ''] = said(changed('errors:\n', 'erors:\n'));
    const [, message = '', mend = ''] = /^17:7 (.*) → (.*)$/.exec(problem) ?? [];
    expect(shown).toContain(`shop.yml:17:7: ${message}`);
    expect(shown).toContain(`mend: ${mend}`);
  });
});

describe('the JSON Schema', () => {
  const schema = z.fromJSONSchema(serviceJsonSchema());

  test('accepts what the service file accepts', async () => {
    const { parse } = await import('yaml');
    for (const text of [validText, example, ...blocks('yaml')]) {
      const value: unknown = parse(text);
      expect(serviceFileSchema.safeParse(value).success).toBe(true);
      expect(schema.safeParse(value).error?.issues ?? []).toEqual([]);
    }
  });

  test.each([
    ['errors:\n', 'erors:\n'],
    ['watch: 15m', 'watch: 15'],
    ['max: 1%', 'max: one'],
    ['service: shop', 'service: Shop'],
    ['then: ask', 'then: promote'],
    ['[10, 50, 100]', '[10, 500]'],
  ])('refuses %j → %j like the service file', async (from, to) => {
    const { parse } = await import('yaml');
    const value: unknown = parse(changed(from, to));
    expect(serviceFileSchema.safeParse(value).success).toBe(false);
    expect(schema.safeParse(value).success).toBe(false);
  });

  test('describes every key, for editors and for the mends of problems', () => {
    for (const row of rowsOf(serviceJsonSchema(), '')) expect(row).not.toMatch(/\| \|$/);
    expect(knownAt(['environments', 'any', 'gates']).keys).toContain('errors');
    expect(knownAt(['access']).keys).toContain('deploy');
    expect(knownAt(['nowhere', 'at', 'all'])).toEqual({ keys: [], says: null });
  });
});
