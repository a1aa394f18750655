import type { Problem } from '../errors.ts';
import type { Release } from '../runbook.ts';
import { sayDuration } from '../units.ts';
import type { Finding } from './check.ts';

/** What was seen of the world before a deploy; times are ms since the epoch or ISO 8601. `null`: nothing to judge. */
export type CheckFacts = {
  readonly service: string;
  readonly environment: string;
  readonly release: Release;
  /** What runs now and would be returned to; `null`: nothing runs. */
  readonly from: Release | null;
  readonly nowMs: number;
  /** The environment that comes before, and whether the digest has succeeded there. */
  readonly order: { readonly after: string; readonly succeeded: boolean } | null;
  /** The breach that put the digest into quarantine. */
  readonly quarantined: {
    readonly rolloutId: string;
    readonly environment: string;
    readonly at: string;
  } | null;
  /** What the target misses to tell a well instance from an ill one. */
  readonly unprobed: string | null;
  /** Why the artifact of what runs now could not be deployed once more. */
  readonly lostArtifact: string | null;
  /** The freeze that is on. */
  readonly freeze: { readonly reason: string; readonly until: string } | null;
  /** Pages about this service and environment that nobody has resolved. */
  readonly incidents: readonly { readonly rolloutId: string; readonly summary: string | null }[];
  /** The incident that the deploy mends. */
  readonly hotfix: string | null;
  /** What is wrong with the metrics: a gate would read nothing, or the wrong thing. */
  readonly gate: readonly Problem[];
  /** How fresh the last rehearsal of the way back has to be, and when it was. */
  readonly rehearsal: { readonly withinMs: number; readonly lastAt: string | null } | null;
};

/** Every check that stands against the deploy. Pure; a rollback is judged by none of them. */
export const judgeChecks = (facts: CheckFacts): readonly Finding[] => [
  ...quarantine(facts),
  ...order(facts),
  ...probes(facts),
  ...wayBack(facts),
  ...window(facts),
  ...gate(facts),
  ...drill(facts),
];

const quarantine = ({ release, quarantined }: CheckFacts): readonly Finding[] => {
  if (quarantined === null) return [];
  return [{ check: 'artifact', problem: inQuarantine(release, quarantined) }];
};

export const inQuarantine = (
  { version, digest }: CheckFacts['release'],
  { rolloutId, environment, at }: NonNullable<CheckFacts['quarantined']>,
): Problem => ({
  code: 'QUARANTINED',
  message: `${version} (${digest.slice(0, 19)}…) is in quarantine: a gate rolled it back in ${environment} at ${at}.`,
  hint: `See why (sluice why ${rolloutId}) and ship a version that mends it; or: sluice quarantine lift ${digest} --reason "…".`,
});

const order = ({ service, environment, release, order: asked }: CheckFacts): readonly Finding[] => {
  if (asked === null || asked.succeeded) return [];
  return [
    {
      check: 'order',
      problem: {
        code: 'ORDER_SKIPPED',
        message: `${release.version} (${release.digest.slice(0, 19)}…) has not succeeded in ${asked.after}, which comes before ${environment}.`,
        hint: `First: sluice deploy ${service} ${release.version} --env ${asked.after}.`,
      },
    },
  ];
};

const probes = ({ unprobed }: CheckFacts): readonly Finding[] =>
  unprobed === null
    ? []
    : [
        {
          check: 'probes',
          problem: {
            code: 'PROBES_MISSING',
            message: unprobed,
            hint: 'Give the target a health check: without one, traffic reaches instances that are not ready.',
          },
        },
      ];

const wayBack = ({ from, lostArtifact }: CheckFacts): readonly Finding[] =>
  from === null || lostArtifact === null
    ? []
    : [
        {
          check: 'way-back',
          problem: {
            code: 'NO_WAY_BACK',
            message: `${from.version}, which would be returned to, could not be deployed once more: ${lostArtifact}`,
            hint: 'Restore its artifact first.',
          },
        },
      ];

const window = (facts: CheckFacts): readonly Finding[] => {
  const { freeze, incidents, hotfix, service, environment } = facts;
  const frozen: readonly Finding[] =
    freeze === null
      ? []
      : [
          {
            check: 'window',
            problem: {
              code: 'FROZEN',
              message: `Deploys of ${service} to ${environment} are frozen until ${freeze.until}: ${freeze.reason}.`,
              hint: 'Abort and rollback are never frozen. Deploy after the freeze.',
            },
          },
        ];
  const [first] = incidents;
  // A hotfix is what ends an incident: none stands against it.
  if (first === undefined || hotfix !== null) return frozen;
  const more = incidents.length === 1 ? '' : ` and ${String(incidents.length - 1)} more`;
  return [
    ...frozen,
    {
      check: 'window',
      problem: {
        code: 'INCIDENT_OPEN',
        message: `An incident of ${service} in ${environment} is open: ${first.summary ?? first.rolloutId}${more}.`,
        hint: `End the incident first (sluice status ${first.rolloutId}), or name it where the deploy mends it: --hotfix INCIDENT.`,
      },
    },
  ];
};

const gate = (facts: CheckFacts): readonly Finding[] =>
  facts.gate.map((problem) => ({ check: 'gate', problem }));

const drill = ({ service, environment, nowMs, rehearsal }: CheckFacts): readonly Finding[] => {
  if (rehearsal === null) return [];
  const { withinMs, lastAt } = rehearsal;
  if (lastAt !== null && nowMs - Date.parse(lastAt) <= withinMs) return [];
  const last = lastAt === null ? 'never' : `last at ${lastAt}`;
  return [
    {
      check: 'drill',
      problem: {
        code: 'ROLLBACK_UNREHEARSED',
        message: `The way back of ${service} has to have been gone in ${environment} within ${sayDuration(withinMs)}, but was ${last}.`,
        hint: `Rehearse it: sluice rollback ${service} --env ${environment}, then deploy again.`,
      },
    },
  ];
};
