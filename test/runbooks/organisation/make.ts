import { z } from 'zod';
import { serviceFileSchema } from '../../../runbooks/service.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

const isSchema = (found: unknown): found is JsonSchema =>
  typeof found === 'object' && found !== null && !Array.isArray(found);

/** A place of a service file with its JSON Schema; `*` stands for every name. */
export type SchemaPlace = { readonly path: string; readonly schema: JsonSchema };

/** Every place of a service file, lists as they are. */
export const schemaPlaces = (): readonly SchemaPlace[] =>
  below(z.toJSONSchema(serviceFileSchema, { io: 'input' }), []);

const below = (schema: JsonSchema, path: readonly string[]): readonly SchemaPlace[] => {
  const members = Object.entries(schema.properties ?? {}).flatMap(([key, member]) =>
    isSchema(member) ? below(member, [...path, key]) : [],
  );
  const values = isSchema(schema.additionalProperties)
    ? below(schema.additionalProperties, [...path, '*'])
    : [];
  return [{ path: path.join('.'), schema }, ...members, ...values];
};

/** What stands in the list at a place, for lists of texts. */
export const itemOf = ({ schema }: SchemaPlace): JsonSchema | null =>
  isSchema(schema.items) ? schema.items : null;
