import type { ActivityOptions } from '@temporalio/workflow';
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Action } from '../runbooks/runbook.ts';
import type { Activities, Settings, TellActivities, WatchActivities } from './contract.ts';

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

/** Reads before anything runs. A person waits for the answer, so it gives up after a minute, and a dead worker is noticed. */
const reading = (settings: Settings): ActivityOptions => ({
  ...base(settings),
  startToCloseTimeout: 20_000,
  heartbeatTimeout: settings.heartbeatMs,
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

/** Asked while the share stays where it is: a worker that is away makes no failure of it. */
export const calendar = (settings: Settings) =>
  proxyActivities<Pick<Activities, 'freeze'>>({
    ...base(settings),
    startToCloseTimeout: 10_000,
    retry: { initialInterval: 250, backoffCoefficient: 2, maximumInterval: 5_000, ...final },
  });

/** Said beside what is stuck: one try, and soon, since the way back may wait for it. */
export const look = (settings: Settings) =>
  proxyActivities<Pick<Activities, 'pendingWork'>>({
    ...base(settings),
    startToCloseTimeout: 3_000,
    scheduleToCloseTimeout: 3_000,
    retry: { maximumAttempts: 1 },
  });

export const write = (settings: Settings, summary: string) =>
  proxyActivities<Pick<Activities, Action['do']>>({
    ...writing(settings),
    summary,
  });

export const claim = (settings: Settings) =>
  proxyActivities<Pick<Activities, 'claimKeep'>>({
    ...writing(settings),
    startToCloseTimeout: 15_000,
    heartbeatTimeout: settings.heartbeatMs,
  });

export const wait = (settings: Settings, withinMs: number, summary: string) =>
  proxyActivities<Pick<Activities, 'ready' | 'verify'>>({ ...waiting(settings, withinMs), summary });

/** A lock that is held, or a database that is away, is tried again until the phase's time is over. */
export const migrate = (settings: Settings, withinMs: number, summary: string) =>
  proxyActivities<Pick<Activities, 'migrate' | 'contract'>>({ ...waiting(settings, withinMs), summary });

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

/** One call of PagerDuty or Slack: their clients give up after ten seconds. */
const calling = (settings: Settings): ActivityOptions => ({
  ...base(settings),
  taskQueue: settings.queues.tell,
  startToCloseTimeout: 15_000,
});

/** A page that is not there after half a minute is late, and people are told so elsewhere. */
export const pageSoon = (settings: Settings) =>
  proxyActivities<Pick<TellActivities, 'page'>>({
    ...calling(settings),
    scheduleToCloseTimeout: 30_000,
    retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 10_000, ...final },
  });

/** After that for as long as it takes: nobody else tells the person on call. */
export const pagePatiently = (settings: Settings) =>
  proxyActivities<Pick<TellActivities, 'page'>>({
    ...calling(settings),
    retry: { initialInterval: 5_000, backoffCoefficient: 2, maximumInterval: 60_000, ...final },
  });

/** What changed is of use for as long as somebody looks at the incident: a day. */
export const change = (settings: Settings) =>
  proxyActivities<Pick<TellActivities, 'tellChange'>>({
    ...calling(settings),
    scheduleToCloseTimeout: 24 * 3_600_000,
    retry: { initialInterval: 5_000, backoffCoefficient: 2, maximumInterval: 300_000, ...final },
  });

export const sourceTeller = (settings: Settings) =>
  proxyActivities<Pick<TellActivities, 'tellSource'>>({
    ...calling(settings),
    retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 30_000, ...final },
  });

/** Slack says itself when to come again; without a word, soon, because people look. */
export const announce = (settings: Settings) =>
  proxyActivities<Pick<TellActivities, 'announce'>>({
    ...calling(settings),
    startToCloseTimeout: 30_000,
    retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 30_000, ...final },
  });

/** Edits as long as a watch lasts; ends before the next announcement begins, so that nothing old is shown after it. */
export const follow = (settings: Settings) =>
  proxyActivities<Pick<TellActivities, 'follow'>>({
    ...base(settings),
    taskQueue: settings.queues.tell,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    startToCloseTimeout: 7 * 24 * 3_600_000,
    heartbeatTimeout: Math.max(settings.heartbeatMs, 15_000),
    retry: { initialInterval: 2_000, backoffCoefficient: 2, maximumInterval: 60_000, ...final },
  });
