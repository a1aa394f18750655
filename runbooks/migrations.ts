import { z } from 'zod';
import type { Problem } from './errors.ts';
import { plainText } from './names.ts';
import { secretRef } from './secret-ref.ts';
import { argvSchema, programShape } from './targets/program-block.ts';
import { duration } from './units.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const sqlSchema = z
  .strictObject({
    url: secretRef.describe("address of the service's PostgreSQL, by reference: env:NAME or file:/path"),
    directory: plainText(500).describe('folder with a folder per migration; relative to this file'),
    lockTimeout: duration(10, minute)
      .prefault('3s')
      .describe('how long a statement may wait for its lock, and others behind it'),
    statementTimeout: duration(100, day)
      .prefault('1m')
      .describe('how long a statement may take; CREATE INDEX CONCURRENTLY may take longer'),
    locks: z
      .enum(['refuse', 'warn'])
      .default('refuse')
      .describe('what happens to a statement that would hold a table for as long as it is large'),
  })
  .describe('SQL files, run by Sluice on PostgreSQL');

const always = ['service', 'environment', 'version', 'digest'] as const;
const phase = [...always, 'rollout'] as const;

const commandSchema = z
  .strictObject({
    status: argvSchema(always).describe(
      'says what is pending, what may be contracted, and what a version lacks',
    ),
    expand: argvSchema(phase).describe('adds what the release needs; what is done already is no fault'),
    contract: argvSchema(phase).describe('takes away what no version needs any more'),
    ...programShape,
  })
  .describe('any tool that migrates: a program per phase, which answers with JSON on its last line');

/** How the database follows a release: it grows before the deploy, and shrinks when the old version is gone. */
export const migrationsSchema = z
  .strictObject({
    sql: sqlSchema.optional(),
    command: commandSchema.optional(),
    within: duration(second, day).prefault('15m').describe('how long one phase may take in all'),
    contract: z
      .enum(['ask', 'auto'])
      .default('ask')
      .describe('whether a person is asked before the old version loses what it needs'),
    expires: duration(second, 90 * day)
      .prefault('7d')
      .describe('how long that question stands; unanswered nothing is taken away'),
  })
  .refine(
    ({ sql, command }) => (sql === undefined) !== (command === undefined),
    'must have exactly one of: sql, command',
  )
  .describe('changes of the database: expand before the deploy, contract after the old version is gone');

export type MigrationsBlock = z.output<typeof migrationsSchema>;
export type CommandMigrations = z.output<typeof commandSchema>;
export type SqlMigrations = z.output<typeof sqlSchema>;

/** A migration as it was planned. `sha256` (hex) is of all that the phase would run. */
export type PlannedMigration = { readonly name: string; readonly sha256: string };

/** What the database says before a plan, and what the files say. */
export type MigrationsLook = {
  /** Migration level of the release: the last migration that its code may count on; `null`: none. */
  readonly level: string | null;
  /** What has to be added before the release. */
  readonly pending: readonly PlannedMigration[];
  /** What may be taken away when the version before it is gone. */
  readonly contractable: readonly PlannedMigration[];
  /** Releases of the request that the database has left behind, by version: the migration that took something away. */
  readonly passed: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly problems: readonly Problem[];
};

/** What `keep` takes away in the end, and who is asked. */
export type ContractPlan = {
  readonly migrations: readonly PlannedMigration[];
  /** Migration level of the release that stays. */
  readonly level: string | null;
  readonly by: 'ask' | 'auto';
  readonly expiresMs: number;
  readonly withinMs: number;
};
