import type { DatabaseSync } from 'node:sqlite';

type Sqlite = { readonly DatabaseSync: typeof DatabaseSync };

/**
 * Node's own SQLite. Some versions of Node warn that it is experimental as soon as it is loaded; only a lock is
 * wanted of it, and the warning would be the first thing that a user sees.
 */
export const loadSqlite = (): Sqlite => {
  const own = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  Object.defineProperty(process, 'emitWarning', { value: () => undefined, configurable: true });
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    if (own === undefined) Reflect.deleteProperty(process, 'emitWarning');
    else Object.defineProperty(process, 'emitWarning', own);
  }
};
