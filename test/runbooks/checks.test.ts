import { describe, expect, test } from '@jest/globals';
import { settle } from '../../runbooks/checks/check.ts';
import type { CheckFacts } from '../../runbooks/checks/judge.ts';
import { judgeChecks } from '../../runbooks/checks/judge.ts';
import { lockProblem } from '../../runbooks/checks/lock.ts';
import { plan } from '../../runbooks/plan.ts';
import { digest, makeRequest } from './make.ts';

const now = Date.parse('2026-03-01T10:00:00.000Z');
const day = 24 * 3_600_000;

/** Nothing stands against it. */
const well: CheckFacts = {
  service: 'shop',
  environment: 'production',
  release: { version: '2.1.0', digest: digest('b') },
  from: { version: '2.0.4', digest: digest('a') },
  nowMs: now,
  order: { after: 'staging', succeeded: true },
  quarantined: null,
  unprobed: null,
  lostArtifact: null,
  freeze: null,
  incidents: [],
  hotfix: null,
  gate: [],
  rehearsal: { withinMs: 30 * day, lastAt: new Date(now - 30 * day).toISOString() },
};

const cases: readonly (readonly [check: string, change: Partial<CheckFacts>, saw: string, mend: string])[] = [
  [
    'artifact',
    { quarantined: { rolloutId: 'r1', environment: 'staging', at: '2026-02-28T10:00:00.000Z' } },
    'is in quarantine: a gate rolled it back in staging at 2026-02-28T10:00:00.000Z',
    'sluice quarantine lift',
  ],
  [
    'order',
    { order: { after: 'staging', succeeded: false } },
    'has not succeeded in staging',
    'sluice deploy shop 2.1.0 --env staging',
  ],
  ['probes', { unprobed: 'shop has no readiness probe.' }, 'shop has no readiness probe.', 'health check'],
  [
    'way-back',
    { lostArtifact: 'There is no such manifest.' },
    '2.0.4, which would be returned to, could not be deployed once more: There is no such manifest.',
    'Restore its artifact',
  ],
  [
    'window',
    { freeze: { reason: 'weekend', until: '2026-03-02T07:00:00.000Z' } },
    'frozen until 2026-03-02T07:00:00.000Z: weekend',
    'never frozen',
  ],
  [
    'window',
    {
      incidents: [
        { rolloutId: 'r2', summary: 'shop is on fire' },
        { rolloutId: 'r3', summary: null },
      ],
    },
    'is open: shop is on fire and 1 more',
    'sluice status r2',
  ],
  [
    'gate',
    {
      gate: [
        { code: 'METRICS_UNAVAILABLE', message: 'A gate would be blind.', hint: 'See `sluice doctor`.' },
      ],
    },
    'A gate would be blind.',
    'sluice doctor',
  ],
  [
    'drill',
    { rehearsal: { withinMs: 30 * day, lastAt: new Date(now - 30 * day - 1).toISOString() } },
    'within 30 d, but was last at 2026-01-30',
    'sluice rollback shop --env production',
  ],
  ['drill', { rehearsal: { withinMs: 30 * day, lastAt: null } }, 'but was never', 'Rehearse it'],
];

describe('checks before a deploy', () => {
  test('nothing is said where nothing stands against it', () => {
    expect(judgeChecks(well)).toEqual([]);
    expect(judgeChecks({ ...well, order: null, rehearsal: null, from: null })).toEqual([]);
  });

  test.each(cases)(
    '%s says what it saw and how to mend it, and can be passed over',
    (check, change, saw, mend) => {
      const findings = judgeChecks({ ...well, ...change });
      expect(findings).toHaveLength(1);
      const refused = settle(findings, [
        { check: check === 'drill' ? 'order' : 'drill', reason: 'another check' },
      ]);
      expect(refused.overridden).toEqual([]);
      expect(refused.problems).toHaveLength(1);
      const [problem] = refused.problems;
      expect(problem?.message).toContain(saw);
      expect(problem?.hint).toContain(mend);
      expect(problem?.hint).toContain(`--override ${check}:`);
      expect(problem?.details).toEqual({ check });

      const [finding] = findings;
      if (finding === undefined) throw new Error('nothing was found');
      expect(settle(findings, [{ check: finding.check, reason: 'it is right' }])).toEqual({
        problems: [],
        overridden: [{ check, saw: finding.problem.message, reason: 'it is right' }],
      });
    },
  );

  test('no incident stands against the hotfix that ends it; a freeze does', () => {
    const burning = { ...well, incidents: [{ rolloutId: 'r2', summary: 'shop is on fire' }] };
    expect(judgeChecks(burning)).toHaveLength(1);
    expect(judgeChecks({ ...burning, hotfix: 'INC-42' })).toEqual([]);
    const freeze = { reason: 'weekend', until: '2026-03-02T07:00:00.000Z' };
    const frozen = judgeChecks({ ...burning, hotfix: 'INC-42', freeze });
    expect(frozen.map(({ problem }) => problem.code)).toEqual(['FROZEN']);
  });

  test('all of them are told at once', () => {
    const all = Object.assign({}, well, ...cases.map(([, change]) => change)) as CheckFacts;
    expect(judgeChecks(all).map(({ check }) => check)).toEqual([
      'artifact',
      'order',
      'probes',
      'way-back',
      'window',
      'window',
      'gate',
      'drill',
    ]);
  });

  test('a lock names who, until when and why; it is taken away, not passed over', () => {
    const actor = { id: 'ana' };
    const lock = { service: 'shop', environment: 'production', actor, reason: 'sale', until: null };
    expect(lockProblem([])).toBeNull();
    expect(lockProblem([lock])).toMatchObject({
      code: 'SERVICE_LOCKED',
      message: 'shop in production is locked by ana: sale',
    });
    const whole = lockProblem([{ ...lock, environment: null, until: '2026-03-01T12:00:00.000Z' }]);
    expect(whole?.message).toBe('shop is locked by ana until 2026-03-01T12:00:00.000Z: sale');
    expect(whole?.hint).toContain('sluice unlock shop --reason');
    expect(whole?.hint).not.toContain('--override');
  });
});

describe('overrides in a plan', () => {
  const unknown = { ...makeRequest(), lastGood: null };

  test('without a known good release there is a plan only where way-back is passed over', () => {
    expect(plan(unknown)).toMatchObject({ problems: [{ code: 'NO_WAY_BACK' }] });
    expect(plan({ ...unknown, overrides: ['gate'] })).toMatchObject({ problems: [{ code: 'NO_WAY_BACK' }] });
    const passed = plan({ ...unknown, overrides: ['way-back', 'gate', 'way-back'] });
    expect(passed).toMatchObject({
      runbook: { from: { version: '2.0.4' }, overrides: ['gate', 'way-back'] },
    });
  });

  test('a runbook without them has no word of them', () => {
    const planned = plan({ ...makeRequest(), overrides: [] });
    expect('runbook' in planned && Object.hasOwn(planned.runbook, 'overrides')).toBe(false);
  });
});
