import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { Client, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { makePendingWork } from '../../activities/pending-work.ts';
import { hashRunbook } from '../../activities/prepare.ts';
import type { Actor } from '../../runbooks/access.ts';
import { plan } from '../../runbooks/plan.ts';
import type { Release } from '../../runbooks/runbook.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import { findPart } from '../../src/parts.ts';
import { packaged } from '../../src/packaged.ts';
import type {
  Activities,
  RolloutInput,
  Settings,
  TellActivities,
  WatchActivities,
  WriteInput,
} from '../../workflows/contract.ts';
import type { CommandMessage, RunningCommand } from '../../workflows/messages.ts';
import { commandUpdate } from '../../workflows/messages.ts';
import type { rollout } from '../../workflows/rollout.ts';
import { searchAttributes } from '../../workflows/status.ts';
import { apply } from '../runbooks/model.ts';
import { migrationActivities } from './stage-migrations.ts';
import type { Script } from './stage-script.ts';
import { startServer } from './stage-server.ts';
import { watchActivity, watchesHeard } from './stage-watches.ts';
import { digest, makeService } from '../runbooks/make.ts';

export { script } from './stage-script.ts';
export type { Script } from './stage-script.ts';
export { verdict } from './stage-watches.ts';

export const operator: Actor = { id: 'ana', via: 'operator', groups: ['operator'] };

export const settings: Settings = {
  queues: { main: 'test', watch: 'test-watch', tell: 'test-tell' },
  heartbeatMs: 15_000,
  writeMs: 5_000,
  writeForMs: 120_000,
  ledgerPatienceMs: 20_000,
};

const activitiesOf = (play: Script, client: Client): Activities & TellActivities & WatchActivities => {
  const write = async (input: WriteInput): Promise<void> => {
    await play.beforeWrite?.(input);
    const outcome = apply(play.state, input.action);
    if ('refused' in outcome) throw ApplicationFailure.nonRetryable(outcome.refused, 'TARGET_REFUSED');
    play.state = outcome.state;
    play.writes.push(input);
  };
  return {
    prepare: (input) => {
      const release: Release = {
        version: input.version ?? '2.0.4',
        digest: digest(input.version === '2.1.0' ? 'b' : 'a'),
      };
      const result = plan({
        kind: input.kind,
        service: input.service,
        environment: input.environment,
        release,
        state: play.state,
        lastGood: { version: '2.0.4', digest: digest('a') },
        ...(input.flag === undefined
          ? {}
          : { flag: { flag: input.flag.name, now: 0, wanted: input.flag.percent } }),
        migrations: play.look,
      });
      return Promise.resolve(
        'problems' in result
          ? { ok: false, problems: result.problems }
          : { ok: true, ...result, hash: hashRunbook(result.runbook), epoch: 1, keep: null },
      );
    },
    preflight: () => Promise.resolve(),
    observe: () => Promise.resolve({ state: play.state, blind: null }),
    // The real one: what it asks is Temporal.
    pendingWork: makePendingWork({ client, clock: () => Date.now() }),
    freeze: async () => (await play.freeze?.()) ?? null,
    claimKeep: () => Promise.resolve({ retired: [] }),
    ...migrationActivities(play),
    deploy: write,
    shift: write,
    promote: write,
    retire: write,
    scale: write,
    flag: write,
    ready: async () => {
      await play.ready?.();
    },
    smoke: async () => {
      await play.smoke?.();
      return 'passed';
    },
    verify: () => Promise.resolve({ recovered: true, sentence: '2.0.4 is healthy again.' }),
    record: async (events) => {
      await play.record?.(events);
      play.events.push(...events);
    },
    sweep: () => Promise.resolve([]),
    page: async (input) => {
      await play.page?.(input);
      play.paged.push(input);
      return `${input.order.do} ${input.order.incident}`;
    },
    tellChange: async (input) => void play.changes.push(input),
    tellSource: async (input) => void play.sources.push(input),
    announce: async (input) => {
      await play.announce?.(input);
      play.announced.push(input);
      return { message: input.message };
    },
    follow: async () => undefined,
    watch: watchActivity(play),
  };
};

/** One time-skipping Temporal for the tests of a file. */
export class Stage {
  readonly env: TestWorkflowEnvironment;
  #count = 0;

  private constructor(env: TestWorkflowEnvironment) {
    this.env = env;
  }

  static async open(): Promise<Stage> {
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
    const part = await findPart('temporal-test-server');
    if (!part.found) throw new Error(part.sentence);
    const env = await startServer(part.path);
    await env.connection.operatorService.addSearchAttributes({
      namespace: 'default',
      // 2: Keyword.
      searchAttributes: Object.fromEntries(Object.values(searchAttributes).map(({ name }) => [name, 2])),
    });
    return new Stage(env);
  }

  async close(): Promise<void> {
    await this.env.teardown();
  }

  async #end(workflowId: string): Promise<void> {
    try {
      await this.env.client.workflow.getHandle(workflowId).terminate('the test is over');
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }

  /** Plays one rollout with a worker of its own; `during` steers it while it runs. */
  async play<T>(
    play: Script,
    during: (run: PlayedRollout) => Promise<T>,
    changes: { readonly service?: ServiceFile; readonly input?: Partial<RolloutInput> } = {},
  ): Promise<T> {
    this.#count += 1;
    const queue = `test-${String(this.#count)}`;
    const queues = { main: queue, watch: `${queue}-watch`, tell: `${queue}-tell` };
    const own: Settings = { ...settings, queues };
    const activities = activitiesOf(play, this.env.client);
    const common = { connection: this.env.nativeConnection, activities };
    const main = await Worker.create({
      ...common,
      taskQueue: own.queues.main,
      workflowBundle: { codePath: packaged.workflowBundle },
      workflowThreadPoolSize: 1,
      maxHeartbeatThrottleInterval: 100,
    });
    const watch = await Worker.create({
      ...common,
      taskQueue: own.queues.watch,
      maxHeartbeatThrottleInterval: 100,
    });
    const tell = await Worker.create({
      ...common,
      taskQueue: own.queues.tell,
      ...(play.tellSlots === undefined ? {} : { maxConcurrentActivityTaskExecutions: play.tellSlots }),
    });
    const rolloutId = `rollout-${String(this.#count)}`;
    const input: RolloutInput = {
      format: 'sluice-input/1',
      rolloutId,
      kind: 'deploy',
      environment: 'production',
      version: '2.1.0',
      actor: operator,
      reason: null,
      requestedAt: '2026-01-01T00:00:00.000Z',
      of: null,
      service: changes.service ?? makeService(),
      files: [],
      settings: own,
      ...changes.input,
    };
    return tell.runUntil(
      watch.runUntil(
        main.runUntil(async () => {
          const handle = await this.env.client.workflow.start<typeof rollout>('rollout', {
            workflowId: `rollout/production/${rolloutId}`,
            taskQueue: own.queues.main,
            args: [input],
          });
          try {
            return await during(new PlayedRollout(this.env, handle, input, play));
          } finally {
            // A timer whose worker is gone would hold the clock of the tests that follow.
            await this.#end(`rollout/production/${rolloutId}`);
            await this.#end(`keep/${rolloutId}`);
            await this.#end(`deliver/${rolloutId}`);
          }
        }),
      ),
    );
  }
}

const answeredWithinMs = 120_000;

type Handle = WorkflowHandleWithFirstExecutionRunId<typeof rollout>;

/** A rollout in play: what a test says to it and sees of it. */
export class PlayedRollout {
  readonly env: TestWorkflowEnvironment;
  readonly handle: Handle;
  readonly input: RolloutInput;
  readonly rolloutId: string;
  readonly script: Script;
  #said = 0;

  constructor(env: TestWorkflowEnvironment, handle: Handle, input: RolloutInput, play: Script) {
    this.env = env;
    this.handle = handle;
    this.input = input;
    this.rolloutId = input.rolloutId;
    this.script = play;
  }

  /** Resolves once no end of a watch is on its way to the rollout. */
  settled(): Promise<void> {
    return watchesHeard(this.handle, this.script);
  }

  async say(command: RunningCommand, changes: Partial<CommandMessage> = {}) {
    await this.settled();
    this.#said += 1;
    const message: CommandMessage = {
      id: `${command}-${String(this.#said)}`,
      rolloutId: this.rolloutId,
      actor: operator,
      reason: null,
      ...changes,
    };
    // Generous: a test whose command is never answered fails by that, not by its own time.
    return this.env.client.withDeadline(Date.now() + answeredWithinMs, () =>
      this.handle.executeUpdate(commandUpdate(command), { args: [message], updateId: message.id }),
    );
  }
}

/** The states that the ledger was told, in order, each once. */
export const statesOf = ({ events }: Script): readonly string[] => {
  const states = events.flatMap(({ body }) =>
    body.type === 'state' || body.type === 'closed' ? [body.state] : [],
  );
  return states.filter((state, i) => state !== states[i - 1]);
};

/** Resolves once the rollout says that it is in that state. */
export const until = async (run: PlayedRollout, state: string): Promise<void> => {
  for (;;) {
    if ((await run.handle.query<{ readonly state: string }>('status')).state === state) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};
