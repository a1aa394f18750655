import { z } from 'zod';
import { SluiceError } from '../../runbooks/errors.ts';
import type { CommandMigrations, MigrationsLook } from '../../runbooks/migrations.ts';
import type { Release } from '../../runbooks/runbook.ts';
import type { Environment } from '../secrets.ts';
import { askProgram } from '../targets/program/answer.ts';
import type { MigrationDriver, PhaseRequest } from './driver.ts';
import { fault } from './fault.ts';

const text = z.string().min(1).max(200);
const planned = z.strictObject({ name: text, sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const statusAnswer = z.strictObject({
  level: text.nullable(),
  pending: z.array(planned).max(500),
  contractable: z.array(planned).max(500),
  passed: text.nullable(),
});
const phaseAnswer = z.strictObject({ ok: z.literal(true), found: z.string().max(500) });

type Place = { readonly service: string; readonly environment: string };
type Phase = 'expand' | 'contract';

/** A tool's "no" and its silence as what they mean for a database; a phase that failed is not run again by itself. */
const translated = (error: unknown, what: 'status' | Phase): unknown => {
  if (!(error instanceof SluiceError)) return error;
  const code =
    error.code === 'TARGET_ANSWER_INVALID'
      ? 'MIGRATION_INVALID'
      : what === 'status' && error.code === 'TARGET_UNAVAILABLE'
        ? 'DATABASE_UNAVAILABLE'
        : 'MIGRATION_FAILED';
  const hint =
    'docs/migrations.md says what the program has to answer; run it by hand where the worker runs.';
  return fault(code, { message: error.message, hint }, error);
};

/** Any tool: Flyway, Alembic, Prisma, pgroll. It keeps its own books, and must be safe to run again. */
export const commandDriver = (
  { command, within }: { readonly command: CommandMigrations; readonly within: number },
  place: Place,
  env: Environment,
): MigrationDriver => {
  const { directory, env: references } = command;

  const ask = async <T extends z.ZodType>(
    what: 'status' | Phase,
    { version, digest }: Release,
    schema: T,
    more: { readonly rollout?: string; readonly within: number; readonly signal?: AbortSignal },
  ): Promise<z.output<T>> => {
    const rollout = more.rollout === undefined ? {} : { rollout: more.rollout };
    const values = { ...place, version, digest, ...rollout };
    try {
      return await askProgram(
        { directory, env: references, within: more.within },
        { what: `migrations.command.${what}`, argv: command[what], values, signal: more.signal },
        schema,
        env,
      );
    } catch (error) {
      more.signal?.throwIfAborted();
      throw translated(error, what);
    }
  };
  // A plan is waited for by a person: an answer about what is comes soon.
  const status = (release: Release) =>
    ask('status', release, statusAnswer, { within: Math.min(within, 8_000) });

  const phase = async (what: Phase, request: PhaseRequest): Promise<string> => {
    const now = await status(request.release);
    refuseChanged(what === 'expand' ? now.pending : now.contractable, request);
    request.alive();
    const { found } = await ask(what, request.release, phaseAnswer, {
      rollout: request.rolloutId,
      within: Math.max(1, request.deadline - Date.now()),
      signal: request.signal,
    });
    return found;
  };

  return {
    look: async ({ to, from }): Promise<MigrationsLook> => {
      const { level, pending, contractable, passed } = await status(to);
      const before = from === null ? null : (await status(from)).passed;
      return {
        ...{ level, pending, contractable },
        passed: {
          ...(passed === null ? {} : { [to.version]: passed }),
          ...(from === null || before === null ? {} : { [from.version]: before }),
        },
        warnings: [],
        problems: [],
      };
    },
    expand: (request) => phase('expand', request),
    contract: (request) => phase('contract', request),
  };
};

/** What was planned and is done by now is well; what the tool would run beyond that was approved by nobody. */
const refuseChanged = (now: readonly z.output<typeof planned>[], { migrations }: PhaseRequest): void => {
  const other = now.find(
    ({ name, sha256 }) => !migrations.some((one) => one.name === name && one.sha256 === sha256),
  );
  if (other === undefined) return;
  throw fault('MIGRATION_CHANGED', {
    message: `The tool would run ${other.name}, which is not what was planned.`,
    hint: 'Deploy again: the new plan shows what it is now.',
    details: { name: other.name },
  });
};
