import type { MigrationsLook } from '../../runbooks/migrations.ts';
import type { Activities, MigrateInput } from '../../workflows/contract.ts';

type Phase = 'expand' | 'contract';

/** The part of a test's script that speaks for the service's database. */
export type MigrationScript = {
  /** What the database says to the plan, where the environment declares migrations. */
  look?: MigrationsLook;
  migrate?: (phase: Phase, input: MigrateInput) => string | Promise<string>;
  readonly migrated: { readonly phase: Phase; readonly input: MigrateInput }[];
};

export const migrationActivities = (play: MigrationScript): Pick<Activities, 'migrate' | 'contract'> => {
  const run = async (phase: Phase, input: MigrateInput): Promise<string> => {
    play.migrated.push({ phase, input });
    return (await play.migrate?.(phase, input)) ?? `${phase} was run`;
  };
  return { migrate: (input) => run('expand', input), contract: (input) => run('contract', input) };
};
