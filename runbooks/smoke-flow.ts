/** Values that earlier tests of a flow have found, by name. */
export type Captured = ReadonlyMap<string, string>;

const used = /\$([a-z][a-zA-Z0-9_]{0,39})/g;

/** Names that a text, or the texts within a value, refer to as `$name`. */
export const namesIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [...value.matchAll(used)].map(([, name = '']) => name);
  if (Array.isArray(value)) return value.flatMap(namesIn);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(namesIn) : [];
};

/** The text with every `$name` replaced; `write` makes a value fit for the place, such as a part of a path. */
export const fill = (
  text: string,
  captured: Captured,
  write: (value: string) => string = (value) => value,
): string =>
  text.replace(used, (whole, name: string) => {
    const value = captured.get(name);
    return value === undefined ? whole : write(value);
  });

/** The same in every text within a JSON value; keys stay as they are. */
export const fillJson = (value: unknown, captured: Captured): unknown => {
  if (typeof value === 'string') return fill(value, captured);
  if (Array.isArray(value)) return value.map((item: unknown) => fillJson(item, captured));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fillJson(member, captured)]));
};

/** What stands at a place such as `items.0.id`; `undefined`: nothing does. */
export const valueAt = (json: unknown, place: string): unknown =>
  place.split('.').reduce<unknown>((at, key) => {
    if (Array.isArray(at)) return /^\d{1,6}$/.test(key) ? (at as readonly unknown[])[Number(key)] : undefined;
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    return (at as Readonly<Record<string, unknown>>)[key];
  }, json);

/**
 * Where an answer is not what is expected: the first place, or `null`. Objects may hold more than is asked for; lists
 * must be as long and in that order.
 */
export const differsAt = (expected: unknown, found: unknown, place = ''): string | null => {
  const here = place === '' ? 'it' : place;
  if (Array.isArray(expected)) {
    if (!Array.isArray(found) || found.length !== expected.length) return here;
    return first(expected.map((item: unknown, i) => differsAt(item, found[i], below(place, String(i)))));
  }
  if (typeof expected !== 'object' || expected === null) return expected === found ? null : here;
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return here;
  return first(
    Object.entries(expected).map(([key, member]) =>
      Object.hasOwn(found, key)
        ? differsAt(member, (found as Readonly<Record<string, unknown>>)[key], below(place, key))
        : below(place, key),
    ),
  );
};

const below = (place: string, key: string): string => (place === '' ? key : `${place}.${key}`);
const first = (found: readonly (string | null)[]): string | null => found.find((one) => one !== null) ?? null;
