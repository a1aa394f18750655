import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { sayConfig } from '../../../../src/cli/commands/config.ts';
import { organisationJsonSchema } from '../../../../src/service-file/json-schema.ts';
import { explain } from '../../../../src/service-file/organisation/explain.ts';
import { parseOrganisation } from '../../../../src/service-file/organisation/read.ts';
import { parseServiceFile, readServiceFile } from '../../../../src/service-file/read.ts';
import { isSchema, rowsOf } from '../rows.ts';

const page = await readFile(new URL('../../../../docs/organisation.md', import.meta.url), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)].flatMap(([, found, text]) =>
    found === language && text !== undefined ? [text] : [],
  );
const [organisationText = '', serviceText = ''] = blocks('yaml');

describe('docs/organisation.md', () => {
  test('has a row for every floor, with what it says', () => {
    const rows = page
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.replace(/ +/g, ' '));
    const floors = organisationJsonSchema().properties?.['floors'];
    if (!isSchema(floors)) throw new Error('there are no floors');
    expect(rows).toEqual(rowsOf(floors, 'floors'));
    for (const row of rows) expect(row).not.toMatch(/\| \|$/);
  });

  test('shows files that are accepted, the service in ten lines, and what counts then', () => {
    const { organisation, error } = parseOrganisation(organisationText, 'sluice.yml');
    expect(error).toBeNull();
    expect(serviceText.trim().split('\n').length).toBeLessThanOrEqual(10);
    const loaded = parseServiceFile(serviceText, 'checkout.yml', organisation);
    expect(loaded.file.environments['production']).toMatchObject({
      strategy: { canary: { watch: 1_200_000 } },
      approval: { by: ['release-managers'], count: 2, self: false },
    });
    const said = sayConfig({ service: 'checkout', environment: null, values: explain(loaded) }, 80)
      .map((line) => line.map(({ text }) => text).join(''))
      .join('\n');
    for (const line of (blocks('text')[0] ?? '').trim().split('\n')) expect(said).toContain(line);
  });

  test('and the example have a JSON Schema that accepts them, and refuses what the file refuses', async () => {
    const schema = z.fromJSONSchema(organisationJsonSchema());
    const example = await readFile(
      new URL('../../../../examples/organisation/sluice.yml', import.meta.url),
      'utf8',
    );
    for (const text of [organisationText, example]) {
      expect(parseOrganisation(text, 'sluice.yml').error).toBeNull();
      expect(schema.safeParse(parse(text)).error?.issues ?? []).toEqual([]);
    }
    for (const [from, to] of [
      ['watch: 10m', 'watch: 10'],
      ['defaults:', 'default:'],
      ['self: false', 'self: true'],
      ['[prometheus.example.com,', '[prometheus.example.com/x,'],
    ] as const) {
      const text = organisationText.replace(from, to);
      expect(text).not.toBe(organisationText);
      expect(parseOrganisation(text, 'sluice.yml').error?.code).toBe('ORGANISATION_FILE_INVALID');
      expect(schema.safeParse(parse(text)).success).toBe(false);
    }
  });
});

test('the example is a service in ten lines, beside the file that it inherits from', async () => {
  const path = new URL('../../../../examples/organisation/shop.yml', import.meta.url).pathname;
  const loaded = await readServiceFile(path);
  expect(loaded.text.trim().split('\n')).toHaveLength(10);
  const alone = await readServiceFile(
    new URL('../../../../examples/shop/shop.yml', import.meta.url).pathname,
  );
  const { description: _description, artifact, ...shop } = alone.file;
  expect(loaded.file).toEqual({ ...shop, artifact });
});
