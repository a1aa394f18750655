import { z } from 'zod';
import { serviceFileSchema } from '../service.ts';
import { hostsSchema, programsSchema, secretsSchema } from './allowed-block.ts';
import { valueAt } from './facets.ts';

const strategies = ['recreate', 'rolling', 'blue-green', 'canary', 'feature-flag'] as const;

/** In the unit and between the limits that the service file has there. */
const as = (key: string, says: string) =>
  valueAt(serviceFileSchema.shape.environments.valueType, key).optional().describe(says);
const atMost = (key: string, says: string) => as(key, `${says}: at most this`);
const atLeast = (key: string, says: string) => as(key, `${says}: at least this`);

const gateFloors = z
  .strictObject({
    every: atMost('gates.every', 'how often the metrics are read'),
    budget: atLeast(
      'gates.budget',
      'chance of a needless rollback, of which a smaller one needs more evidence',
    ),
    errors: z
      .strictObject({
        max: atMost('gates.errors.max', 'limit of errors'),
        margin: atMost('gates.errors.margin', 'rise of errors that is not worth a rollback'),
        harm: atMost('gates.errors.harm', 'rise of errors that a pass must exclude'),
      })
      .optional()
      .describe('share of the requests that fail'),
    latency: z
      .strictObject({
        p50: atMost('gates.latency.p50', 'limit of half of the requests'),
        p95: atMost('gates.latency.p95', 'limit of 95 % of the requests'),
        p99: atMost('gates.latency.p99', 'limit of 99 % of the requests'),
        margin: atMost('gates.latency.margin', 'slow-down that is not worth a rollback'),
      })
      .optional()
      .describe(
        'how long the requests take; with one of p50, p95 and p99 a service without a latency block gets one',
      ),
    onInconclusive: z
      .strictObject({
        then: z
          .enum(['ask', 'rollback'])
          .optional()
          .describe('ask: nothing is promoted unproven; rollback: nobody is asked either'),
      })
      .optional()
      .describe('what follows a watch that could not tell'),
    holdBack: atLeast('gates.holdBack', 'share left on the old version in the last watch'),
    warmUp: atMost('gates.warmUp', 'first stretch in which latency does not count'),
    window: z.enum(['refuse']).optional().describe('a deploy whose watch is too short is refused'),
  })
  .describe('the checks of every watch');

/** What the environments of a service may only tighten. */
const environmentFloorsSchema = z
  .strictObject({
    after: as('after', 'the environment that comes before'),
    strategy: z
      .strictObject({
        among: z.array(z.enum(strategies)).min(1).optional().describe('strategies that may be chosen'),
        watch: atLeast('strategy.canary.watch', 'how long each step is watched'),
      })
      .optional()
      .describe('how a new version takes over'),
    approval: z
      .strictObject({
        by: as('approval.by', 'only these groups may approve'),
        count: atLeast('approval.count', 'how many have to approve'),
        expires: atMost('approval.expires', 'how long the question stands'),
        self: z.literal(false).optional().describe('false: nobody approves what they asked for'),
      })
      .optional()
      .describe('who has to approve; with by or count an environment without an approval block gets one'),
    smoke: z.int().min(1).max(50).optional().describe('number of smoke tests: at least this'),
    gates: gateFloors.optional(),
    migrations: z
      .strictObject({
        contract: z.enum(['ask']).optional().describe('a person is asked before anything is taken away'),
        sql: z
          .strictObject({
            locks: z.enum(['refuse']).optional().describe('no statement may hold a table for long'),
            lockTimeout: atMost('migrations.sql.lockTimeout', 'how long a statement may wait for its lock'),
          })
          .optional()
          .describe('SQL files'),
      })
      .optional()
      .describe('changes of the database, where there are any'),
    rollback: z
      .strictObject({
        keepWarm: atLeast('rollback.keepWarm', 'how long the old version stays ready'),
        verify: atMost('rollback.verify', 'how long recovery may take'),
        rehearsed: atMost('rollback.rehearsed', 'time since the way back was last rehearsed'),
      })
      .optional()
      .describe('the way back'),
    held: atMost('held', 'how long a hold or a question stands'),
    noData: atMost('noData', 'how long the metrics may be silent'),
    stuck: z
      .strictObject({ after: atMost('stuck.after', 'how long after its own time a step is stuck') })
      .optional()
      .describe('steps that do not end'),
    freeze: z
      .strictObject({ windows: as('freeze.windows', 'freezes that hold for all') })
      .optional()
      .describe('when nothing new is deployed'),
  })
  .describe('what an environment may only tighten');

/** Every environment, or one by its name. */
const environmentKey = z
  .string()
  .regex(
    /^(?:\*|[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$/,
    'must be the name of an environment, or "*" for all of them',
  );

/** By environment. */
export const byEnvironment = <Block extends z.ZodType>(block: Block) =>
  z
    .record(environmentKey, block)
    .refine((all) => Object.keys(all).length <= 50, 'must not name more than 50 environments');

export const floorsSchema = z
  .strictObject({
    secrets: secretsSchema.optional(),
    programs: programsSchema.optional(),
    hosts: hostsSchema.optional(),
    environments: byEnvironment(environmentFloorsSchema)
      .optional()
      .describe('by name, or "*" for all of them; both hold'),
  })
  .describe('what a service file may only tighten, and what it may name');
