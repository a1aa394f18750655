import { WorkflowNotFoundError } from '@temporalio/client';
import type { RolloutsDeps } from './deps.ts';
import { answerMsOf } from './deps.ts';
import { rolloutWorkflowId } from '../../workflows/ids.ts';

/** The newest run under the lock of one service and environment. */
export type LastRun = {
  readonly rolloutId: string | null;
  /** Whether it still holds the lock. */
  readonly running: boolean;
  /** Whether it ended by itself, and has told or handed over its story. */
  readonly completed: boolean;
};

/** `null`: Temporal knows no run there (any more). */
export const lastRun = async (
  deps: RolloutsDeps,
  environment: string,
  service: string,
): Promise<LastRun | null> => {
  try {
    const { memo, status } = await deps.client.withDeadline(Date.now() + 5 * answerMsOf(deps), () =>
      deps.client.workflow.getHandle(rolloutWorkflowId(environment, service)).describe(),
    );
    const rolloutId: unknown = memo?.['rolloutId'];
    return {
      rolloutId: typeof rolloutId === 'string' ? rolloutId : null,
      running: status.name === 'RUNNING',
      completed: status.name === 'COMPLETED',
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
};
