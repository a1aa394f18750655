import { stringify } from 'yaml';
import type { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;
export const isSchema = (found: unknown): found is JsonSchema => typeof found === 'object' && found !== null;

/** Rows of a page's table as a schema wants them: key, default, meaning. */
export const rowsOf = (schema: JsonSchema, path: string): readonly string[] => {
  const inside = isSchema(schema.additionalProperties)
    ? rowsOf(schema.additionalProperties, `${path}.NAME`)
    : isSchema(schema.items)
      ? rowsOf(schema.items, `${path}[]`)
      : [];
  const members = Object.entries(schema.properties ?? {}).flatMap(([key, member]) => {
    if (!isSchema(member)) return [];
    const at = path === '' ? key : `${path}.${key}`;
    const standard =
      member.default === undefined
        ? undefined
        : stringify(member.default, { collectionStyle: 'flow', flowCollectionPadding: false }).trim();
    const given =
      schema.required?.includes(key) === true ? 'required' : standard === undefined ? '' : `\`${standard}\``;
    return [
      `| \`${at}\` | ${given} | ${member.description ?? ''} |`.replace(/ +/g, ' '),
      ...rowsOf(member, at),
    ];
  });
  return [...members, ...inside];
};
