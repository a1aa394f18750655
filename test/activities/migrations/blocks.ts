import type { CommandMigrations, MigrationsBlock, SqlMigrations } from '../../../runbooks/migrations.ts';
import { migrationsSchema } from '../../../runbooks/migrations.ts';

/** The block as a service file would hold it, with its defaults. */
export const sqlOf = (sql: Readonly<Record<string, unknown>>): SqlMigrations => {
  const block = migrationsSchema.parse({ sql });
  if (block.sql === undefined) throw new Error('the block has no sql');
  return block.sql;
};

export const commandOf = (
  command: Readonly<Record<string, unknown>>,
  within = '20s',
): { readonly command: CommandMigrations; readonly within: MigrationsBlock['within'] } => {
  const block = migrationsSchema.parse({ command, within });
  if (block.command === undefined) throw new Error('the block has no command');
  return { command: block.command, within: block.within };
};
