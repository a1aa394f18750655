import { SluiceError } from '../../runbooks/errors.ts';

/** Deeper than any runbook; far from where JSON parsers give up. */
const maxDepth = 64;

/**
 * Text as the database can hold it: NUL and halves of surrogate pairs have no place in PostgreSQL's text and jsonb.
 * They are replaced by `␀` and `�`, visibly, rather than refused: what a failed program printed must not keep its
 * failure out of the ledger.
 */
export const storableText = (text: string): string =>
  text.replaceAll('\u0000', '\u2400').replaceAll(/\p{Surrogate}/gu, '\ufffd');

/**
 * A copy that comes back from jsonb as it went in: plain JSON, storable texts, no `undefined`, no `-0`.
 * @throws SluiceError USAGE for what is no JSON, with its place
 */
export const storableJson = (value: unknown, place: string, depth = 0): unknown => {
  if (depth > maxDepth) refuse(place, `is nested more than ${maxDepth} levels deep`);
  switch (typeof value) {
    case 'string':
      return storableText(value);
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) refuse(place, `is ${value}, which is no JSON`);
      return value === 0 ? 0 : value;
    case 'object':
      if (value === null) return null;
      return Array.isArray(value) ? storableArray(value, place, depth) : storableObject(value, place, depth);
    case 'undefined':
    case 'bigint':
    case 'symbol':
    case 'function':
      return refuse(place, `is of type ${typeof value}, which is no JSON`);
  }
};

const storableArray = (items: readonly unknown[], place: string, depth: number): readonly unknown[] =>
  // Not `map`, which passes over holes.
  Array.from(items, (item, i) => storableJson(item, `${place}[${i}]`, depth + 1));

const storableObject = (members: object, place: string, depth: number): unknown => {
  const prototype: unknown = Object.getPrototypeOf(members);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    refuse(place, 'is an instance of a class, which is no JSON');
  }
  return Object.fromEntries(
    Object.entries(members)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]: [string, unknown]) => [
        storableText(key),
        storableJson(member, `${place}.${storableText(key).slice(0, 100)}`, depth + 1),
      ]),
  );
};

const refuse = (place: string, what: string): never => {
  throw new SluiceError({
    code: 'USAGE',
    message: `The ledger can not keep this: ${place} ${what}.`,
    hint: 'Events are plain JSON: finite numbers, strings, booleans, null, lists and objects of these.',
  });
};
