import { z } from 'zod';
import { organisationSchema } from '../../runbooks/organisation/organisation.ts';
import { serviceFileSchema } from '../../runbooks/service.ts';
import type { Path } from './path.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** JSON Schema (2020-12) of what stands in a service file, for editors. */
export const serviceJsonSchema = (): JsonSchema => ({
  title: 'Sluice service file',
  ...z.toJSONSchema(serviceFileSchema, { io: 'input' }),
});

// Made when the first problem is explained: it would be a good part of every command's start otherwise.
let made: JsonSchema | null = null;
const schema = (): JsonSchema => (made ??= serviceJsonSchema());

/** JSON Schema (2020-12) of what stands in the organisation's file, `sluice.yml`. */
export const organisationJsonSchema = (): JsonSchema => ({
  title: 'Sluice file of the organisation',
  ...z.toJSONSchema(organisationSchema, { io: 'input' }),
});
let organisationMade: JsonSchema | null = null;

/** What may stand at a place: the keys it knows, and what it is for; empty where any key may stand. */
export type Known = (path: Path) => { readonly keys: readonly string[]; readonly says: string | null };

/** By the JSON Schema of a file. */
export const knownBy =
  (schema: () => JsonSchema): Known =>
  (path) => {
    let at: JsonSchema | null = schema();
    for (const part of path) {
      at = at === null ? null : below(at, part);
    }
    const names = isSchema(at?.propertyNames) ? (at.propertyNames.enum ?? []) : [];
    const keys = at?.properties === undefined ? names.map(String) : Object.keys(at.properties);
    return { keys, says: at?.description ?? null };
  };

/** In a service file. */
export const knownAt = knownBy(schema);

/** In the organisation's file. */
export const organisationKnownAt = knownBy(() => (organisationMade ??= organisationJsonSchema()));

const below = (at: JsonSchema, part: string | number): JsonSchema | null => {
  const { properties, additionalProperties, items } = at;
  if (typeof part === 'number') return isSchema(items) ? items : null;
  const own = properties !== undefined && Object.hasOwn(properties, part) ? properties[part] : undefined;
  if (isSchema(own)) return own;
  return isSchema(additionalProperties) ? additionalProperties : null;
};

const isSchema = (found: unknown): found is JsonSchema =>
  typeof found === 'object' && found !== null && !Array.isArray(found);
