import type { Client } from '@temporalio/client';
import { TimeoutFailure, WorkflowFailedError } from '@temporalio/client';
import { v7 as uuidv7 } from 'uuid';
import { SluiceError } from '../../runbooks/errors.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import type { Observation, Place, Settings } from '../../workflows/contract.ts';
import type { observe } from '../../workflows/observe.ts';
import { isUnanswered } from './temporal-errors.ts';

/**
 * What runs in one place, looked at by a worker: adapters live where workers are.
 * @throws SluiceError TEMPORAL_UNAVAILABLE when no worker answers within `withinMs`
 */
export const observePlace = async (
  client: Client,
  settings: Settings,
  place: Place,
  file: ServiceFile,
  withinMs: number,
): Promise<Observation> => {
  try {
    return await client.withDeadline(Date.now() + withinMs, () =>
      client.workflow.execute<typeof observe>('observe', {
        workflowId: `observe/${uuidv7()}`,
        taskQueue: settings.queues.main,
        // Nobody waits for it any longer than this.
        workflowExecutionTimeout: withinMs,
        staticSummary: `what runs of ${place.service} in ${place.environment}`,
        args: [{ place, file, settings }],
      }),
    );
  } catch (error) {
    if (
      !isUnanswered(error) &&
      !(error instanceof WorkflowFailedError && error.cause instanceof TimeoutFailure)
    )
      throw error;
    throw new SluiceError(
      {
        code: 'TEMPORAL_UNAVAILABLE',
        message: `No worker looked at ${place.service} in ${place.environment} within ${String(withinMs / 1000)} s.`,
        hint: '`sluice doctor` shows what answers.',
      },
      { cause: error },
    );
  }
};
