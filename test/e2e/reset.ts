import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';

/** Resets a run to before the task that heard the update, as a person would do it in Temporal's own UI. */
export const resetToBefore = async (client: Client, workflowId: string, update: string): Promise<void> => {
  const handle = client.workflow.getHandle(workflowId);
  const { runId } = await handle.describe();
  const events = (await handle.fetchHistory()).events ?? [];
  const said = events.findIndex(
    (event) => event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name === update,
  );
  // The task that accepted it has ended just before; the one before that still asked.
  const ends = events.slice(0, said).filter((event) => event.workflowTaskCompletedEventAttributes);
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    reason: 'a test does it',
    requestId: randomUUID(),
    workflowTaskFinishEventId: ends.at(-1)?.eventId ?? null,
  });
};
