import { isMap, isScalar, isSeq } from 'yaml';
import type { ParsedNode } from 'yaml';
import { quoted } from './visible.ts';

/** Keys and positions from the top of a document to a place in it. */
export type Path = readonly (string | number)[];

/** `environments.production.smoke[0].http`; a key that is no plain word stands in brackets and quotes. */
export const sayPath = (path: Path): string =>
  path
    .map((key, i) => {
      if (typeof key === 'number') return `[${String(key)}]`;
      if (!/^[\w-]{1,64}$/.test(key)) return `[${quoted(key)}]`;
      return i === 0 ? key : `.${key}`;
    })
    .join('');

/**
 * Where a path stands in the text, in UTF-16 units. The key where `of` is `key` or the value is left empty, else the
 * value; for a path that is not there, the nearest thing above it that is.
 */
export const locate = (root: ParsedNode | null, path: Path, of: 'key' | 'value'): number => {
  let node = root;
  let offset = root?.range[0] ?? 0;
  for (const [depth, part] of path.entries()) {
    const last = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
      if (pair === undefined) return offset;
      const empty = pair.value === null || pair.value.range[0] === pair.value.range[1];
      offset = pair.key.range[0];
      if (last && of === 'value' && !empty && pair.value !== null) return pair.value.range[0];
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      const item = node.items[part];
      if (item === undefined) return offset;
      offset = item.range[0];
      node = item;
    } else {
      return offset;
    }
  }
  return offset;
};

/** The value under a path; `undefined` where nothing stands there. */
export const valueAt = (value: unknown, path: Path): unknown => {
  let found = value;
  for (const part of path) {
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, part)) return undefined;
    found = Reflect.get(found, part);
  }
  return found;
};
