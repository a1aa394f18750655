import { Context } from '@temporalio/activity';
import type { LedgerEvent } from '../runbooks/events.ts';
import { SluiceError } from '../runbooks/errors.ts';
import type { Deps } from './deps.ts';

/**
 * Writes events to the ledger, in order. Key: rolloutId + event id; an event that stands already is left as it is.
 * A run that was reset in Temporal tells another story under the same ids: it is kept beside the first, its ids
 * carrying the run that wrote them.
 */
export const makeRecord =
  ({ ledger, log }: Deps) =>
  async (events: readonly LedgerEvent[]): Promise<void> => {
    const run = Context.current().info.workflowExecution?.runId.slice(0, 8) ?? 'unknown';
    for (const event of events) {
      try {
        await ledger.append([event]);
      } catch (error) {
        if (!(error instanceof SluiceError) || error.code !== 'EVENT_CONFLICT') throw error;
        log.warn(
          { rolloutId: event.rolloutId, id: event.id, run },
          'a reset run writes under ids of its own',
        );
        await ledger.append([{ ...event, id: `${event.id}~${run}` }]);
      }
    }
  };
