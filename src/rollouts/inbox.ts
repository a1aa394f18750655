import { WorkflowNotFoundError } from '@temporalio/client';
import type { CommandMessage, RunningCommand } from '../../workflows/messages.ts';
import type { InboxCommand } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import { deliverCommand } from './say.ts';
import { isUnanswered, refusalOf } from './temporal-errors.ts';

/** Older than this, a command that would now surprise its author is answered "not done"; the way back never is. */
const staleMs = 60_000;

/**
 * Says once more every command that could not reach Temporal, each under the id it had. Any process may do it, several
 * at once: the same id acts once.
 */
export const retryWaiting = async (deps: RolloutsDeps): Promise<void> => {
  for (const command of await deps.ledger.waitingCommands(100)) {
    try {
      await retryOne(deps, command);
    } catch (error) {
      // One that always fails must not stand in the way of an abort behind it.
      deps.log.warn({ command: command.id, error: String(error) }, 'a command waits in the inbox');
    }
  }
};

const retryOne = async (deps: RolloutsDeps, command: InboxCommand): Promise<void> => {
  const { id, rolloutId, actor, reason } = command;
  const said = command.command as RunningCommand;
  const lasting = said === 'abort' || said === 'rollback';
  if (!lasting && Date.now() - Date.parse(command.at) > staleMs) {
    await deps.ledger.answerCommand(id, 'refused', 'not done: Temporal could not be reached in time');
    return;
  }
  const view = await deps.ledger.rollout(rolloutId);
  if (view === null) return deps.ledger.answerCommand(id, 'refused', 'not done: the rollout is unknown');
  const message: CommandMessage = { id, rolloutId, actor, reason };
  try {
    const { state } = await deliverCommand(deps, view, said, message);
    await deps.ledger.answerCommand(id, 'done', state);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal !== null) return deps.ledger.answerCommand(id, 'refused', refusal.message);
    if (error instanceof WorkflowNotFoundError) {
      return deps.ledger.answerCommand(id, 'refused', 'not done: the rollout has ended');
    }
    if (!isUnanswered(error)) throw error;
  }
};
