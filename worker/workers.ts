import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { WorkerInterceptors } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import type { Deps } from '../activities/deps.ts';
import { makeActivities, makeTellActivities, makeWatchActivities } from '../activities/index.ts';
import type { Config } from '../src/config.ts';
import { packaged } from '../src/packaged.ts';
import type { TemporalLinks } from './temporal-client.ts';

/** The deployment that a production worker belongs to; `null`: unversioned, as `sluiced dev` runs. */
export type Versioning = { readonly deployment: string; readonly buildId: string } | null;

export type RunningWorkers = {
  /** Rejects when a worker fails for good. */
  readonly stopped: Promise<void>;
  stop(): Promise<void>;
};

/** In-flight activities get this long to end; then their workers are gone, and Temporal tries them elsewhere. */
const shutdownGrace = '5s' as const;

/** The build id: hash of the workflow code, so that the same code is the same version everywhere. */
export const bundleBuildId = async (): Promise<string> =>
  createHash('sha256')
    .update(await readFile(packaged.workflowBundle))
    .digest('hex')
    .slice(0, 16);

/**
 * The three workers of one process. Watches have a queue and slots of their own: a thousand of them never delay a way
 * back. So has what is told: Slack and PagerDuty, away for hours, hold up nothing but their own. The main worker sends
 * heartbeats on at once, so that a cancellation is heard within half a second.
 */
export const startWorkers = async (
  { native, namespace }: Pick<TemporalLinks, 'native' | 'namespace'>,
  config: Config,
  deps: Deps,
  options: { readonly versioning?: Versioning; readonly interceptors?: WorkerInterceptors } = {},
): Promise<RunningWorkers> => {
  const { versioning = null, interceptors } = options;
  const common = {
    connection: native,
    namespace,
    shutdownGraceTime: shutdownGrace,
    ...(interceptors === undefined ? {} : { interceptors }),
    ...(versioning === null
      ? {}
      : {
          workerDeploymentOptions: {
            version: { deploymentName: versioning.deployment, buildId: versioning.buildId },
            useWorkerVersioning: true as const,
            defaultVersioningBehavior: 'PINNED' as const,
          },
        }),
  };
  const main = await Worker.create({
    ...common,
    taskQueue: config.settings.queues.main,
    workflowBundle: { codePath: packaged.workflowBundle },
    activities: makeActivities(deps),
    maxConcurrentActivityTaskExecutions: config.activitySlots,
    maxHeartbeatThrottleInterval: 500,
    defaultHeartbeatThrottleInterval: 500,
    stickyQueueScheduleToStartTimeout: config.stickyMs,
  });
  const watch = await Worker.create({
    ...common,
    taskQueue: config.settings.queues.watch,
    activities: makeWatchActivities(deps),
    maxConcurrentActivityTaskExecutions: config.watchSlots,
  });
  const tell = await Worker.create({
    ...common,
    taskQueue: config.settings.queues.tell,
    activities: makeTellActivities(deps, config.tellSlots),
    maxConcurrentActivityTaskExecutions: config.tellSlots,
  });
  const workers = [main, watch, tell];
  const runs = workers.map((worker) => worker.run());
  const stopped = Promise.all(runs).then(() => undefined);
  return {
    stopped,
    stop: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await stopped;
    },
  };
};
