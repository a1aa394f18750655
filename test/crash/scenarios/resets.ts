import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { ramp } from '../fixture.ts';
import { judge, rowOf } from '../judge.ts';
import type { ActivityName } from '../plan.ts';
import type { Opening } from '../play.ts';
import { open, watching } from '../play.ts';
import type { Scenario } from '../scenario.ts';
import { said, secondsSince } from '../scenario.ts';
import { until } from '../until.ts';
import { judgeRecovery, sweepSchedule, workflowId } from './ended-outside.ts';

/**
 * Resets the run, as somebody would in Temporal's own UI, to the moment at which it heard that the activity was done;
 * `null`: to its very beginning.
 */
const reset = async (client: Client, after: ActivityName | null): Promise<void> => {
  const handle = client.workflow.getHandle(workflowId);
  const { runId } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const scheduled = new Map<string, string>();
  let heard = after === null;
  for (const event of events ?? []) {
    const named = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (typeof named === 'string') scheduled.set(String(event.eventId), named);
    const done = event.activityTaskCompletedEventAttributes?.scheduledEventId;
    heard ||= after !== null && scheduled.get(String(done)) === after;
    if (!heard || !event.workflowTaskCompletedEventAttributes) continue;
    await client.workflowService.resetWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId, runId },
      reason: 'the crash lane does it',
      requestId: randomUUID(),
      workflowTaskFinishEventId: event.eventId ?? null,
    });
    return;
  }
  throw new Error(`The history has no moment after ${String(after)}.`);
};

/** At 50 % of the traffic, back to an earlier moment: no write of that past may move the traffic again. */
const wasAt = ({ old, version }: Opening) => [
  { [version]: ramp[0], [old]: 100 - ramp[0] },
  { [version]: ramp[1], [old]: 100 - ramp[1] },
  { [old]: 100 },
];

/** The forward writes that the reset run repeats are below the fence; it goes back by itself. */
const resetAfter = (after: ActivityName): Scenario => ({
  name: `reset to after ${after}`,
  play: async (stand) => {
    const opening = await open(stand, `reset-${after}`, 'healthy');
    const { rolloutId } = await stand.api.deploy(opening.version, opening.key);
    await watching(stand, rolloutId, ramp[1]);
    const resetAt = Date.now();
    await stand.temporal((client) => reset(client, after));
    await stand.ended(rolloutId);
    const seconds = secondsSince(resetAt);
    const judged = await judge(stand, rolloutId, {
      state: 'rolled-back',
      traffic: wasAt(opening),
      since: opening.since,
      late: (key) => key.startsWith(rolloutId) && key.endsWith('/forward'),
    });
    const { groups } = await stand.observe();
    const more = said(
      groups.some(({ version }) => version === opening.version) && `${opening.version} still runs`,
    );
    return [rowOf(`reset to after ${after}`, judged, seconds, { more })];
  },
});

/** No runbook can be made from the middle of a ramp: the run fails, and a recovery takes the traffic back. */
const resetToBegin: Scenario = {
  name: 'reset to its beginning',
  play: async (stand) => {
    const opening = await open(stand, 'reset-begin', 'healthy');
    const { rolloutId } = await stand.api.deploy(opening.version, opening.key);
    await watching(stand, rolloutId, ramp[1]);
    const resetAt = Date.now();
    await stand.temporal((client) => reset(client, null));
    await stand.temporal(async (client) => {
      await until('the reset run fails', async () => {
        const { status, memo } = await client.workflow.getHandle(workflowId).describe();
        // The schedule itself may have been faster: then the recovery runs there by now.
        return status.name === 'FAILED' || memo?.['rolloutId'] !== rolloutId;
      });
      await client.schedule.getHandle(sweepSchedule).trigger();
    });
    return judgeRecovery(
      stand,
      'reset to its beginning',
      { ...opening, rolloutId, traffic: wasAt(opening) },
      resetAt,
    );
  },
};

export const resets: readonly Scenario[] = [
  resetToBegin,
  resetAfter('prepare'),
  resetAfter('preflight'),
  resetAfter('deploy'),
];
