import type { Problem } from './errors.ts';
import { contractPlan, migrateStep, migrationWarnings, withMigrate } from './migrate-step.ts';
import type { PlanRequest, PlanResult } from './plan-request.ts';
import type { EnvironmentBlock } from './service.ts';

/** What would run and do harm: those who may can pass over it. What would not run at all stays refused. */
const isHarm = ({ code }: Problem): boolean => code === 'MIGRATION_DESTRUCTIVE' || code === 'MIGRATION_LOCKS';

/** What the check `migrations` sees: statements that would break the old version, or hold a table for long. */
export const harmOfMigrations = ({ migrations }: PlanRequest): readonly Problem[] =>
  (migrations?.problems ?? []).filter(isHarm);

/** What the database has against the request: for a deploy its files, for every release what has been taken away. */
export const checkMigrations = ({
  kind,
  service,
  release,
  migrations,
  overrides = [],
}: PlanRequest): readonly Problem[] => {
  if (migrations === undefined || kind === 'flag') return [];
  const passed = migrations.passed[release.version];
  const back: readonly Problem[] =
    passed === undefined
      ? []
      : [
          {
            code: 'POINT_OF_NO_RETURN',
            message: `${release.version} can not come back: ${passed} took away what it needs from the database.`,
            hint: `Roll forward: sluice deploy ${service.service} VERSION --hotfix INCIDENT`,
            details: { migration: passed },
          },
        ];
  if (kind !== 'deploy') return back;
  const passedOver = overrides.includes('migrations');
  return [...migrations.problems.filter((problem) => !(passedOver && isHarm(problem))), ...back];
};

/** A deploy's runbook with its step for the database, and what `keep` takes away from it in the end. */
export const withMigrations = (
  { migrations: look }: PlanRequest,
  { migrations: block }: EnvironmentBlock,
  planned: PlanResult,
): PlanResult => {
  if (look === undefined || block === undefined || 'problems' in planned) return planned;
  const { runbook, warnings } = planned;
  const from = runbook.from?.version ?? null;
  const contract = contractPlan(block, look);
  return {
    runbook: {
      ...runbook,
      steps: withMigrate(runbook.steps, migrateStep(block, look)),
      keep: { ...runbook.keep, ...(contract === undefined ? {} : { contract }) },
      migrations: { level: look.level, noReturn: from === null ? null : (look.passed[from] ?? null) },
    },
    warnings: [...warnings, ...migrationWarnings(block, look, { from, to: runbook.to.version })],
  };
};

/** What could not be asked before a return does not stand in its way, but is said. */
export const withWarnings = ({ migrations }: PlanRequest, planned: PlanResult): PlanResult =>
  migrations === undefined || 'problems' in planned
    ? planned
    : { ...planned, warnings: [...planned.warnings, ...migrations.warnings] };
