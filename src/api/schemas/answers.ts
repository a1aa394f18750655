import { z } from 'zod';
import { checkNames } from '../../../runbooks/checks/check.ts';
import type { Prepared } from '../../../workflows/contract.ts';
import type { SaidAnswer, StartAnswer } from '../../rollouts/requests.ts';
import type { EffectiveConfig } from '../../service-file/organisation/explain.ts';
import type { ChainReport, SampleView } from '../../store/views.ts';
import type { DoctorReport, Readiness } from '../health.ts';
import { event } from './event.ts';
import { block, counts, effect, gateRecord, problem, state } from './parts.ts';
import { outlook } from './outlook.ts';
import { place, releaseView, rollout } from './rollout.ts';
import { runbook } from './runbook.ts';

/** RFC 9457, with Sluice's code, what to do next, and every problem where there are several. */
export const problemDocument = z
  .object({
    type: z.string().describe('urn:sluice:problem:<code>'),
    title: z.string().describe('the sentence of the code'),
    status: z.int(),
    detail: z.string().describe('what happened here, and why'),
    code: z.string(),
    hint: z.string().exactOptional().describe('what to do next'),
    retryable: z.boolean().describe('the same call may succeed later without anybody mending anything'),
    details: z.record(z.string(), z.unknown()).exactOptional(),
    problems: z.array(problem).exactOptional().describe('all of them, where there are several'),
    rolloutId: z.string().exactOptional().describe('the rollout that was refused'),
    request: z.string().exactOptional().describe("the request's id in the daemon's log"),
  })
  .meta({ id: 'ProblemDocument' });
export type ProblemDocument = z.output<typeof problemDocument>;

export const prepared: z.ZodType<Prepared> = z
  .object({
    ok: z.literal(true),
    runbook,
    hash: z.string().describe('SHA-256 of the runbook'),
    epoch: z.int(),
    warnings: z.array(z.string()),
    outlook: outlook.exactOptional(),
    overridden: z
      .array(z.object({ check: z.enum(checkNames), saw: z.string(), reason: z.string() }))
      .exactOptional()
      .describe('checks that stood against it and were passed over'),
    keep: z.string().nullable().describe('what still holds the old version ready and is claimed first'),
  })
  .meta({ id: 'Prepared' });

const rolloutId = z.string();
const repeated = z.boolean().describe('the key was used before: this is the rollout that it began');

export const startAnswer: z.ZodType<StartAnswer> = z
  .discriminatedUnion('outcome', [
    z.object({ outcome: z.literal('accepted'), rolloutId, repeated, prepared }),
    z.object({ outcome: z.literal('refused'), rolloutId, repeated, problems: z.array(problem) }),
    z.object({
      outcome: z.literal('queued'),
      rolloutId,
      repeated,
      mode: z.enum(['queue', 'supersede']).describe('what it waits for: its success, or that it gives way'),
      behind: z.string().describe('the rollout before it'),
    }),
    z.object({ outcome: z.literal('not-confirmed'), rolloutId, repeated }),
  ])
  .meta({ id: 'StartAnswer' });

export const saidAnswer: z.ZodType<SaidAnswer> = z
  .discriminatedUnion('outcome', [
    z.object({ outcome: z.literal('done'), rolloutId, effect, state, started: startAnswer.nullable() }),
    z.object({ outcome: z.literal('not-confirmed'), rolloutId, key: z.string() }),
  ])
  .meta({ id: 'SaidAnswer' });

/** What `POST /v1/rollouts` answers: a rollback of an open rollout is said to it instead of started. */
export const rolloutAnswer: z.ZodType<StartAnswer | SaidAnswer> = z.union([startAnswer, saidAnswer]);

export const rolloutList = z.object({ rollouts: z.array(rollout).readonly() });
/** A service file as it counts: with what it inherits and what the product says where nobody does. */
export const effectiveConfig: z.ZodType<EffectiveConfig> = z
  .object({
    service: z.string(),
    environment: z.string().nullable().describe('null: all of them'),
    values: z
      .array(
        z.object({
          path: z.string().describe('place in a service file, such as environments.production.held'),
          environment: z.string().nullable().describe('null: it belongs to none of them'),
          value: z.string().describe('as YAML in one line'),
          origin: z
            .discriminatedUnion('by', [
              z.object({
                by: z.enum(['service', 'defaults', 'floors']),
                file: z.string(),
                line: z.int(),
              }),
              z.object({ by: z.literal('product') }),
            ])
            .describe("who said it: the service file, sluice.yml's defaults or floors, or the product"),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'EffectiveConfig' });

export const placeList = z.object({ services: z.array(place).readonly() });
export const releaseList = z.object({ releases: z.array(releaseView).readonly() });
export const eventList = z.object({
  events: z.array(event).readonly(),
  more: z.boolean().describe('ask again after the last position'),
});

/** Requests and errors of both arms since the watch began, at its second `t`; `null`: the reading failed. */
const point = z
  .object({
    t: z.number(),
    canary: counts.nullable(),
    baseline: counts.nullable(),
    gate: z
      .object({
        evidence: z.number().describe('for a rollback, over all tests'),
        needed: z.number().describe('evidence at which it is rolled back'),
        sentence: z.string(),
      })
      .exactOptional()
      .describe('what the gate said then'),
  })
  .meta({ id: 'Point' });
export type Point = Readonly<z.output<typeof point>>;

/** The form that live views use. */
export const countsList = z.object({ watch: z.int(), points: z.array(point).readonly() });
export type CountsList = Readonly<z.output<typeof countsList>>;

const sample: z.ZodType<SampleView> = z.object({
  t: z.number().describe('seconds on the clock of the rollout, which begins with its first watch'),
  sample: block<SampleView['sample']>('counters per instance of both arms'),
  record: gateRecord.nullable().describe('what the gate said of it'),
});
export const sampleList = z.object({
  watch: z.int(),
  samples: z.array(sample).readonly(),
  more: z.boolean().describe('ask again after the last t'),
});

const head = z.object({ position: z.int(), hash: z.string() });
export const chainReport: z.ZodType<ChainReport> = z
  .discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), events: z.int(), head }),
    z.object({ ok: z.literal(false), events: z.int(), position: z.int(), why: z.string() }),
  ])
  .meta({ id: 'ChainReport' });

const check = z.object({
  name: z.string(),
  ok: z.boolean(),
  says: z.string(),
  mend: z.string().nullable(),
});
export const doctorReport: z.ZodType<DoctorReport> = z
  .object({ ok: z.boolean(), checks: z.array(check) })
  .meta({ id: 'DoctorReport' });
export const readiness: z.ZodType<Readiness> = z
  .object({ ready: z.boolean(), checks: z.array(check) })
  .meta({ id: 'Readiness' });
