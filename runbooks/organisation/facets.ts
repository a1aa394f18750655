import { z } from 'zod';

/** What a schema says of one place of a file. */
export type Facets = {
  /** Keys of a mapping with what may stand under each; `null`: no mapping with known keys. */
  readonly members: Readonly<Record<string, z.core.$ZodType>> | null;
  /** What stands under every name of a mapping whose keys are free; `null`: no such mapping. */
  readonly values: z.core.$ZodType | null;
  /** Of a mapping whose keys are free: the form of a key. */
  readonly keys: z.core.$ZodRecordKey | null;
  /** What stands there where nothing is said, as a file would say it; `undefined`: nothing does. */
  readonly standard: unknown;
  readonly says: string | undefined;
};

const nothing: Facets = { members: null, values: null, keys: null, standard: undefined, says: undefined };

/** Looks through defaults, options and transforms at what a file may hold. */
export const facetsOf = (schema: z.core.$ZodType): Facets => {
  const says = schema instanceof z.ZodType ? schema.description : undefined;
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault)
    return outer(facetsOf(schema.unwrap()), says, schema.def.defaultValue);
  if (schema instanceof z.ZodOptional) return outer(facetsOf(schema.unwrap()), says);
  if (schema instanceof z.ZodPipe) {
    const inner = schema.in instanceof z.ZodTransform ? schema.out : schema.in;
    return outer(facetsOf(inner), says);
  }
  if (schema instanceof z.ZodObject) return { ...nothing, members: schema.shape, says };
  if (schema instanceof z.ZodRecord)
    return { ...nothing, values: schema.valueType, keys: schema.keyType, says };
  return { ...nothing, says };
};

const outer = (inner: Facets, says: string | undefined, standard?: unknown): Facets => ({
  ...inner,
  standard: standard ?? inner.standard,
  says: says ?? inner.says,
});

/** Whether something may be said there in parts. */
const isOpen = ({ members, values }: Facets): boolean =>
  members !== null || (values !== null && isOpen(facetsOf(values)));

/**
 * The schema of any part of what `schema` describes: every key may be left out and none has a default. Lists and values
 * are judged as they are; what only the whole can be asked for is not asked.
 */
export const partOf = (schema: z.core.$ZodType): z.ZodType => {
  const facets = facetsOf(schema);
  const part = openPart(schema, facets);
  return facets.says === undefined ? part : part.describe(facets.says);
};

const openPart = (schema: z.core.$ZodType, facets: Facets): z.ZodType => {
  const { members, values, keys } = facets;
  if (members !== null) return z.strictObject(partsOf(members));
  if (values !== null && keys !== null && isOpen(facets)) return z.record(keys, partOf(values));
  return withoutDefault(schema);
};

/** The parts of several keys, each of which may be left out. */
export const partsOf = (
  members: Readonly<Record<string, z.core.$ZodType>>,
): Record<string, z.ZodOptional<z.ZodType>> =>
  Object.fromEntries(Object.entries(members).map(([key, member]) => [key, partOf(member).optional()]));

const withoutDefault = (schema: z.core.$ZodType): z.ZodType => {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional)
    return withoutDefault(schema.unwrap());
  if (schema instanceof z.ZodType) return schema;
  throw new Error('a schema of another kind than those of zod');
};

/** What may stand at a place below a mapping, without its default. */
export const valueAt = (schema: z.core.$ZodType, key: string): z.ZodType =>
  withoutDefault(
    key.split('.').reduce<z.core.$ZodType>((within, part) => {
      const member = facetsOf(within).members?.[part];
      if (member === undefined) throw new Error(`no schema has ${key}`);
      return member;
    }, schema),
  );
