import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** The database under the ledger: embedded or a server. The same dialect, the same rows. */
export type Engine = {
  readonly db: Kysely<Database>;
  /**
   * Calls `onNews` whenever events may have been written since the last call: on every notification, and after each
   * time that notifications may have been missed. Returns at once; ends with `close`.
   */
  listen(onNews: () => void): void;
  tellAddress(address: string): Promise<void>;
  /** Safe to call twice. */
  close(): Promise<void>;
};

export type WarningListener = (sentence: string, cause: unknown) => void;

// Object ids of the types whose JavaScript form is ours to choose, so that both drivers give the same.
const int8 = 20;
const timestamptz = 1184;

/** By type's object id: bigints as numbers (positions stay far below 2^53), times as ISO 8601 in UTC. */
export const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [int8]: Number,
  [timestamptz]: (text) => new Date(text).toISOString(),
};
