import type { Problem } from '../errors.ts';

/**
 * What is looked at before anything runs. Each can be overridden by its name, by those who may. What makes a plan
 * impossible (no such version, a split of the traffic) is no check: there would be nothing to carry out. Of a migration
 * that is what would not run (syntax, an edited file); what would run and do harm is the check `migrations`.
 */
export const checkNames = [
  'artifact',
  'order',
  'probes',
  'way-back',
  'migrations',
  'window',
  'gate',
  'drill',
] as const;
export type CheckName = (typeof checkNames)[number];

/** A check that somebody passes over, and why. The reason is free text. */
export type Override = { readonly check: CheckName; readonly reason: string };

/** What a check saw that stands against the deploy, and how it is mended. */
export type Finding = { readonly check: CheckName; readonly problem: Problem };

/** A finding that was passed over: what was seen, and the reason that was given. */
export type Overridden = { readonly check: CheckName; readonly saw: string; readonly reason: string };

export type Settled = { readonly problems: readonly Problem[]; readonly overridden: readonly Overridden[] };

/** What stands against the deploy after the overrides: each says how it, too, could be passed over. */
export const settle = (findings: readonly Finding[], overrides: readonly Override[]): Settled => {
  const reasons = new Map(overrides.map(({ check, reason }) => [check, reason]));
  return {
    problems: findings.filter(({ check }) => !reasons.has(check)).map(withName),
    overridden: findings.flatMap(({ check, problem }) => {
      const reason = reasons.get(check);
      return reason === undefined ? [] : [{ check, saw: problem.message, reason }];
    }),
  };
};

const withName = ({ check, problem }: Finding): Problem => ({
  ...problem,
  hint: `${problem.hint === undefined ? '' : `${problem.hint} `}Those who may can pass over it: --override ${check}:"REASON".`,
  details: { ...problem.details, check },
});
