import { describe, expect, test } from '@jest/globals';
import type { MigrationsLook } from '../../runbooks/migrations.ts';
import { plan } from '../../runbooks/plan.ts';
import { harmOfMigrations } from '../../runbooks/plan-migrations.ts';
import { playbook } from '../../runbooks/playbook.ts';
import { canonicalJson } from '../../runbooks/runbook.ts';
import { makeRequest, planned } from './make.ts';
import { migrating } from './migrating.ts';

const look = (changes: Partial<MigrationsLook> = {}): MigrationsLook => ({
  level: '0002-plan',
  pending: [{ name: '0002-plan', sha256: 'f'.repeat(64) }],
  contractable: [],
  passed: {},
  warnings: [],
  problems: [],
  ...changes,
});
const request = (changes: Partial<MigrationsLook> = {}, block = {}) =>
  makeRequest({ service: migrating(block), migrations: look(changes) });

describe('the plan of a deploy with migrations', () => {
  test('adds to the database after preflight, before anything of the release runs', () => {
    const { runbook } = planned(request());
    expect(runbook.steps.map(({ kind }) => kind).slice(0, 3)).toEqual(['preflight', 'migrate', 'deploy']);
    expect(runbook.steps[1]).toMatchObject({
      title: 'expand 0002-plan',
      level: '0002-plan',
      migrations: [{ name: '0002-plan' }],
      withinMs: 900_000,
      back: [],
    });
    expect(runbook.migrations).toEqual({ level: '0002-plan', noReturn: null });
  });

  test('has the step also with nothing to add: the release is recorded with its level', () => {
    const { runbook } = planned(request({ pending: [] }));
    expect(runbook.steps[1]).toMatchObject({ title: 'nothing to add to the database', level: '0002-plan' });
    expect(runbook.keep.contract).toBeUndefined();
  });

  test('is another one for other names, checksums or levels: an approval is of what will be run', () => {
    const bytes = (changes: Partial<MigrationsLook> = {}) => canonicalJson(planned(request(changes)).runbook);
    const other = [
      bytes({ pending: [{ name: '0002-plan', sha256: 'e'.repeat(64) }] }),
      bytes({ pending: [{ name: '0002-plans', sha256: 'f'.repeat(64) }] }),
      bytes({ level: '0003-x' }),
      bytes({ contractable: [{ name: '0001-email', sha256: 'f'.repeat(64) }] }),
    ];
    expect(bytes()).toBe(bytes());
    expect(new Set([bytes(), ...other]).size).toBe(5);
  });

  test('says what will be taken away and that there is no return from there', () => {
    const contractable = [{ name: '0001-email', sha256: 'c'.repeat(64) }];
    const { runbook, warnings } = planned(request({ contractable }));
    expect(runbook.keep.contract).toEqual({
      migrations: contractable,
      level: '0002-plan',
      by: 'ask',
      expiresMs: 7 * 24 * 3_600_000,
      withinMs: 900_000,
    });
    expect(warnings).toContain(
      'After 2.0.4 is gone, 0001-email is contracted once a person approves it (asked for 7 d): from then on there is no return to a release before 2.1.0.',
    );
    const page = playbook(runbook, { rolloutId: null, hash: 'h'.repeat(64), warnings });
    expect(page).toContain('0001-email is contracted: the point of no return');
    const auto = planned(request({ contractable }, { contract: 'auto' }));
    expect(auto.warnings.join()).toContain('0001-email is contracted by itself');
  });

  test('says so where the version that runs could not come back', () => {
    const { runbook, warnings } = planned(request({ passed: { '2.0.4': '0001-email' } }));
    expect(runbook.migrations?.noReturn).toBe('0001-email');
    expect(warnings.join()).toContain('Point of no return: 0001-email took away what 2.0.4 needs.');
    expect(playbook(runbook, { rolloutId: null, hash: 'h', warnings })).toContain(
      'it stops, and a person decides',
    );
  });

  test('is refused with all that the files have against it', () => {
    const problems = [
      { code: 'MIGRATION_DESTRUCTIVE', message: 'expand.sql:1: drops the column mail of users.' },
      { code: 'MIGRATION_LOCKS', message: 'expand.sql:2: builds an index on users.' },
    ] as const;
    expect(plan(request({ problems }))).toEqual({ problems });
  });

  test('does harm only where somebody passes over the check, and never what can not be run', () => {
    const harm = [
      { code: 'MIGRATION_DESTRUCTIVE', message: 'expand.sql:1: drops the column mail of users.' },
      { code: 'MIGRATION_LOCKS', message: 'expand.sql:2: builds an index on users.' },
    ] as const;
    const broken = { code: 'MIGRATION_INVALID', message: 'expand.sql:3: syntax error.' } as const;
    const all = request({ problems: [...harm, broken] });
    expect(harmOfMigrations(all)).toEqual(harm);
    expect(plan({ ...all, overrides: ['window'] })).toEqual({ problems: [...harm, broken] });
    expect(plan({ ...all, overrides: ['migrations'] })).toEqual({ problems: [broken] });
    const { runbook } = planned({ ...request({ problems: harm }), overrides: ['migrations'] });
    expect(runbook.overrides).toEqual(['migrations']);
    expect(runbook.steps[0]).toMatchObject({ checks: expect.arrayContaining(['migrations']) });
    expect(runbook.steps[1]?.kind).toBe('migrate');
  });
});

describe('the plan of a return', () => {
  const back = (changes: Partial<MigrationsLook>) =>
    plan(
      makeRequest({
        kind: 'rollback',
        service: migrating(),
        release: { version: '2.0.3', digest: `sha256:${'d'.repeat(64)}` },
        migrations: look(changes),
      }),
    );

  test('leaves the database as it is, and does not ask what files say', () => {
    const result = back({ problems: [{ code: 'MIGRATION_LOCKS', message: 'x' }] });
    if ('problems' in result) throw new Error('refused');
    expect(result.runbook.steps.map(({ kind }) => kind)).not.toContain('migrate');
    expect(result.runbook.keep.contract).toBeUndefined();
  });

  test('past the point of no return is refused, and leads forward', () => {
    expect(back({ passed: { '2.0.3': '0001-email' } })).toEqual({
      problems: [
        {
          code: 'POINT_OF_NO_RETURN',
          message: '2.0.3 can not come back: 0001-email took away what it needs from the database.',
          hint: 'Roll forward: sluice deploy shop VERSION --hotfix INCIDENT',
          details: { migration: '0001-email' },
        },
      ],
    });
  });
});
