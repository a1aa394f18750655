import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { stringify } from 'yaml';
import { configTable } from '../src/config.ts';
import { organisationJsonSchema, serviceJsonSchema } from '../src/service-file/json-schema.ts';
import { say } from './report.ts';
import { root } from './stamp.ts';

/** `npm run docs`: writes the tables of the docs that tests hold to the code, so that nobody types them twice. */

type Schema = ReturnType<typeof serviceJsonSchema>;
const isSchema = (found: unknown): found is Schema => typeof found === 'object' && found !== null;

/** Rows for every key of a service file: key, default, meaning. */
function keyRows(schema: Schema, at: string): readonly string[] {
  const members = Object.entries(schema.properties ?? {}).flatMap(([key, member]) => {
    if (!isSchema(member)) return [];
    const place = at === '' ? key : `${at}.${key}`;
    const standard =
      member.default === undefined
        ? ''
        : `\`${stringify(member.default, { collectionStyle: 'flow', flowCollectionPadding: false }).trim()}\``;
    const given = schema.required?.includes(key) === true ? 'required' : standard;
    return [`| \`${place}\` | ${given} | ${member.description ?? ''} |`, ...keyRows(member, place)];
  });
  if (isSchema(schema.additionalProperties))
    return [...members, ...keyRows(schema.additionalProperties, `${at}.NAME`)];
  return isSchema(schema.items) ? [...members, ...keyRows(schema.items, `${at}[]`)] : members;
}

const variableRows = (): readonly string[] =>
  configTable().map((row) => `| \`${row.name}\` | ${quoted(row.default)} | ${row.says} |`);

/** A default that is a sentence quotes its own words. */
const quoted = (text: string): string =>
  text === '' ? '' : text.includes(', else ') ? `\`${text.replace(', else ', '`, else `')}\`` : `\`${text}\``;

/** Puts the rows in the place of the page's first table whose rows begin with code. */
async function write(page: string, rows: readonly string[]): Promise<void> {
  const file = path.join(root, 'docs', page);
  const lines = (await readFile(file, 'utf8')).split('\n');
  const first = lines.findIndex((line) => line.startsWith('| `'));
  const length = lines.slice(first).findIndex((line) => !line.startsWith('| `'));
  if (first < 0 || length < 0) throw new Error(`docs/${page} has no table whose rows begin with code.`);
  lines.splice(first, length, ...rows);
  const options = (await resolveConfig(file)) ?? {};
  await writeFile(file, await format(lines.join('\n'), { ...options, filepath: file }));
  say(`docs/${page}: ${String(rows.length)} rows`);
}

await write('service-file.md', keyRows(serviceJsonSchema(), ''));
await write('configuration.md', variableRows());
const floors = organisationJsonSchema().properties?.['floors'];
if (!isSchema(floors)) throw new Error('The file of the organisation has no floors.');
await write('organisation.md', keyRows(floors, 'floors'));
