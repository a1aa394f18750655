import type { ActivityOptions } from '@temporalio/workflow';
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities, Settings, WatchActivities } from './contract.ts';

/**
 * How each kind of activity is run. Everything is TRY_CANCEL: the way back never waits for what it interrupts;
 * the fence keeps a late write out.
 */
const base = (settings: Settings): ActivityOptions => ({
  taskQueue: settings.queues.main,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** Errors that say the same thing however often they are asked. */
const final = { nonRetryableErrorTypes: ['TypeError', 'RangeError', 'ZodError'] };

/** Reads before anything runs. A person waits for the answer, so it gives up after a minute. */
const reading = (settings: Settings): ActivityOptions => ({
  ...base(settings),
  startToCloseTimeout: 20_000,
  scheduleToCloseTimeout: 60_000,
  retry: { initialInterval: 250, backoffCoefficient: 2, maximumInterval: 5_000, ...final },
});

/** Writes: short, so that a dead worker's is repeated soon; tried through a target's outage of minutes. */
const writing = (settings: Settings): ActivityOptions => ({
  ...base(settings),
  startToCloseTimeout: settings.writeMs,
  scheduleToCloseTimeout: settings.writeForMs,
  retry: { initialInterval: 200, backoffCoefficient: 2, maximumInterval: 3_000, ...final },
});

/** Waits that heartbeat: the timeout is how long a dead worker goes unnoticed. */
const waiting = (settings: Settings, withinMs: number, attempts?: number): ActivityOptions => ({
  ...base(settings),
  startToCloseTimeout: withinMs + 30_000,
  scheduleToCloseTimeout: withinMs + 120_000,
  heartbeatTimeout: settings.heartbeatMs,
  retry: {
    initialInterval: 500,
    backoffCoefficient: 1.5,
    maximumInterval: 3_000,
    ...final,
    ...(attempts === undefined ? {} : { maximumAttempts: attempts }),
  },
});

/** The ledger may be away for hours; its events keep their order and their turn. */
const recording = (settings: Settings): ActivityOptions => ({
  ...base(settings),
  startToCloseTimeout: Math.max(settings.writeMs, 5_000),
  retry: { initialInterval: 200, backoffCoefficient: 2, maximumInterval: 5_000 },
});

export const read = (settings: Settings) =>
  proxyActivities<Pick<Activities, 'prepare' | 'preflight' | 'observe'>>(reading(settings));

export const write = (settings: Settings, summary: string) =>
  proxyActivities<Pick<Activities, 'deploy' | 'shift' | 'promote' | 'retire'>>({
    ...writing(settings),
    summary,
  });

export const claim = (settings: Settings) =>
  proxyActivities<Pick<Activities, 'claimKeep'>>({ ...writing(settings), startToCloseTimeout: 15_000 });

export const wait = (settings: Settings, withinMs: number, summary: string) =>
  proxyActivities<Pick<Activities, 'ready' | 'verify'>>({ ...waiting(settings, withinMs), summary });

/** A smoke test that fails three times is a failure; a worker that dies meanwhile costs one of the five attempts. */
export const smoke = (settings: Settings, withinMs: number, summary: string) =>
  proxyActivities<Pick<Activities, 'smoke'>>({ ...waiting(settings, withinMs, 5), summary });

export const record = (settings: Settings) =>
  proxyActivities<Pick<Activities, 'record'>>(recording(settings));

export const sweep = (queue: string) =>
  proxyActivities<Pick<Activities, 'sweep'>>({
    taskQueue: queue,
    startToCloseTimeout: 60_000,
    retry: { maximumAttempts: 3 },
  });

/** Retried as long as its window lasts: soon, because nobody looks meanwhile. */
export const watch = (settings: Settings, windowMs: number, summary: string) =>
  proxyActivities<WatchActivities>({
    taskQueue: settings.queues.watch,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    startToCloseTimeout: windowMs + 60_000,
    heartbeatTimeout: settings.heartbeatMs,
    retry: { initialInterval: 200, backoffCoefficient: 1.5, maximumInterval: 2_000, ...final },
    summary,
  });
