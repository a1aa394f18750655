import type { ContractPlan, MigrationsBlock, MigrationsLook } from './migrations.ts';
import type { MigrateStep, Step } from './runbook.ts';
import { sayDuration } from './units.ts';

/** What the database of a rollout is, as the runbook freezes it: names and checksums, no addresses. */
export type RunbookMigrations = {
  /** Migration level of the release. */
  readonly level: string | null;
  /** The migration whose contract took away what `from` needs: an automatic way back would lead into errors. */
  readonly noReturn: string | null;
};

/** The step before the deploy. It stands there also with nothing to add: the release is recorded with its level. */
export const migrateStep = (block: MigrationsBlock, { level, pending }: MigrationsLook): MigrateStep => ({
  kind: 'migrate',
  title:
    pending.length === 0
      ? 'nothing to add to the database'
      : `expand ${pending.map(({ name }) => name).join(', ')}`,
  level,
  migrations: pending,
  withinMs: block.within,
  // What was added stays: the old version does not see it.
  back: [],
});

/** After preflight, before anything of the release runs. */
export const withMigrate = (steps: readonly Step[], step: MigrateStep): readonly Step[] => {
  const at = steps.findIndex(({ kind }) => kind === 'preflight') + 1;
  return [...steps.slice(0, at), step, ...steps.slice(at)];
};

/** What `keep` is to take away in the end; `undefined`: nothing is. */
export const contractPlan = (
  block: MigrationsBlock,
  { contractable, level }: MigrationsLook,
): ContractPlan | undefined =>
  contractable.length === 0
    ? undefined
    : {
        migrations: contractable,
        level,
        by: block.contract,
        expiresMs: block.expires,
        withinMs: block.within,
      };

/** What a plan says of its database. */
export const migrationWarnings = (
  block: MigrationsBlock,
  look: MigrationsLook,
  { from, to }: { readonly from: string | null; readonly to: string },
): readonly string[] => {
  const passed = from === null ? undefined : look.passed[from];
  const names = look.contractable.map(({ name }) => name).join(', ');
  const asked =
    block.contract === 'ask'
      ? `once a person approves it (asked for ${sayDuration(block.expires)})`
      : 'by itself';
  return [
    ...look.warnings,
    ...(passed === undefined || from === null
      ? []
      : [
          `Point of no return: ${passed} took away what ${from} needs. If ${to} fails it is held where it is, and a person decides: roll forward (sluice deploy --hotfix).`,
        ]),
    ...(names === ''
      ? []
      : [
          `After ${from ?? 'the old version'} is gone, ${names} is contracted ${asked}: from then on there is no return to a release before ${to}.`,
        ]),
  ];
};
