import { expect, test } from '@jest/globals';
import { againAfterMs, backBudgetOf, budgetOf, sayStuck } from '../../runbooks/stuck.ts';
import { makeRequest, planned } from './make.ts';

const second = 1000;
const minute = 60 * second;
const policy = { afterMs: 90 * second, then: 'rollback' as const };

test('each step has its own time and the patience beyond it; a watch ends by itself', () => {
  const { runbook } = planned(makeRequest());
  expect(runbook.waits.stuck).toEqual(policy);
  const budgets = runbook.steps.map((step) => [step.kind, budgetOf(step, policy)]);
  expect(Object.fromEntries(budgets)).toMatchObject({
    preflight: 90 * second,
    shift: 90 * second,
    watch: null,
    promote: 90 * second,
  });
  for (const step of runbook.steps) {
    if (step.kind === 'deploy') expect(budgetOf(step, policy)).toBe(step.withinMs + 90 * second);
    if (step.kind === 'smoke') expect(budgetOf(step, policy)).toBeGreaterThan(90 * second);
  }
});

test('a way back that starts something may take as long as that does', () => {
  const release = { version: '2.0.4', digest: 'sha256:a' };
  expect(backBudgetOf([{ do: 'shift', weights: { '2.0.4': 100 } }], minute, policy)).toBe(90 * second);
  expect(backBudgetOf([{ do: 'deploy', release }], minute, policy)).toBe(150 * second);
});

test('it says what it waits for', () => {
  const shift = planned(makeRequest()).runbook.steps.find(({ kind }) => kind === 'shift') ?? null;
  expect(sayStuck(shift, minute, null)).toBe(
    '10 % to 2.1.0 is not done after 1 min: it waits for the target.',
  );
  expect(sayStuck(null, minute, '"shift" was taken up by no worker.')).toBe(
    'the way back is not done after 1 min: it waits for the target. "shift" was taken up by no worker.',
  );
});

test('a failed way back is tried again for about an hour where the reason may pass, otherwise never', () => {
  const passing = { code: 'TARGET_UNAVAILABLE' as const, message: '' };
  const pauses: number[] = [];
  for (let ms = againAfterMs(0, passing); ms !== null; ms = againAfterMs(pauses.length, passing))
    pauses.push(ms);
  expect(pauses.slice(0, 4)).toEqual([15 * second, 30 * second, minute, 2 * minute]);
  const all = pauses.reduce((sum, ms) => sum + ms, 0);
  expect(all).toBeGreaterThan(55 * minute);
  expect(all).toBeLessThan(70 * minute);
  for (const code of ['TARGET_REFUSED', 'TARGET_FENCED', 'NO_WAY_BACK', 'POINT_OF_NO_RETURN'] as const)
    expect(againAfterMs(0, { code, message: '' })).toBeNull();
});
