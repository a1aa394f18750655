import { Context } from '@temporalio/activity';
import { SluiceError } from '../runbooks/errors.ts';
import type { MigrationsLook } from '../runbooks/migrations.ts';
import type { Release, TargetState } from '../runbooks/runbook.ts';
import { readTraffic } from '../runbooks/traffic.ts';
import type { MigrateInput, RolloutInput } from '../workflows/contract.ts';
import { migrationDriver } from './migrations/driver-of.ts';
import { firstStart } from './ready.ts';

/**
 * One phase of the migrations. Key: the migrations' names and phases in the service's own database: what is done is
 * done, what was broken off goes on, and only one runs at a time. The deadline is the activity's first start plus
 * `withinMs`, so that a retry does not begin anew. One statement may take minutes: it is run with a pulse.
 */
export const makeMigrate =
  (phase: 'expand' | 'contract') =>
  async ({ place, file, withinMs, ...request }: MigrateInput): Promise<string> => {
    const context = Context.current();
    const driver = migrationDriver(file, place.environment);
    // A file whose block was taken away since the plan: the plan was made without a database then, too.
    if (driver === null) return 'no migrations are declared';
    return driver[phase]({
      ...request,
      deadline: firstStart(context) + withinMs,
      signal: context.cancellationSignal,
      alive: () => {
        context.heartbeat();
      },
    });
  };

/**
 * What the database says before a plan; `undefined`: it has no say. Reads only. A return does not wait for a database:
 * one that can't be asked is a warning of its plan.
 */
export const lookAtMigrations = async (
  { kind, service, environment }: Pick<RolloutInput, 'kind' | 'service' | 'environment'>,
  to: Release,
  state: TargetState,
): Promise<MigrationsLook | undefined> => {
  const driver = migrationDriver(service, environment);
  if (driver === null || kind === 'flag') return undefined;
  const traffic = readTraffic(state);
  try {
    return await driver.look({ to, from: traffic.is === 'one' ? traffic.group : null });
  } catch (error) {
    if (kind === 'deploy' || !(error instanceof SluiceError)) throw error;
    const warning = `Whether the database still has what ${to.version} needs could not be asked: ${error.message}`;
    return { level: null, pending: [], contractable: [], passed: {}, warnings: [warning], problems: [] };
  }
};
