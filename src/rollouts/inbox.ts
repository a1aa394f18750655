import type { CommandMessage, RunningCommand } from '../../workflows/messages.ts';
import type { InboxCommand } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import { hasNoRun, heard } from './heard.ts';
import { deliverCommand } from './say.ts';
import { isUnanswered, refusalOf } from './temporal-errors.ts';

/** Older than this, a command would surprise its author: what was not heard by then is not done. The way back always is. */
const staleMs = 60_000;

/**
 * Says once more every command that could not reach Temporal, each under the id it had. Any process may do it, several
 * at once: the same id acts once. What takes back comes first.
 */
export const retryWaiting = async (deps: RolloutsDeps): Promise<void> => {
  const waiting = await deps.ledger.waitingCommands(500);
  for (const command of [...waiting.filter(lasts), ...waiting.filter((other) => !lasts(other))]) {
    try {
      await retryOne(deps, command);
    } catch (error) {
      // One that always fails must not stand in the way of an abort behind it.
      deps.log.warn({ command: command.id, error: String(error) }, 'a command waits in the inbox');
    }
  }
};

const lasts = ({ command }: InboxCommand): boolean => command === 'abort' || command === 'rollback';

/** Answers it by what its rollout has told, else by what it says now; leaves it waiting where neither is known. */
const retryOne = async (deps: RolloutsDeps, command: InboxCommand): Promise<void> => {
  const { id, rolloutId, actor, reason } = command;
  if (await answerFromStory(deps, command)) return;
  const view = await deps.ledger.rollout(rolloutId);
  if (view === null) return;
  const late = !lasts(command) && Date.now() - Date.parse(command.at) > staleMs;
  const message: CommandMessage = { id, rolloutId, actor, reason, ...(late ? { late } : {}) };
  try {
    const { state } = await deliverCommand(deps, view, command.command as RunningCommand, message);
    await deps.ledger.answerCommand(id, 'done', state);
  } catch (error) {
    if (hasNoRun(error, view)) {
      // Until the ledger knows how it ended, whether it had heard the command is not known either.
      await answerFromStory(deps, command);
      return;
    }
    const refusal = refusalOf(error);
    if (refusal !== null) return deps.ledger.answerCommand(id, 'refused', refusal.message);
    if (!isUnanswered(error)) throw error;
  }
};

/** Whether the ledger knows what came of it. */
const answerFromStory = async ({ ledger }: RolloutsDeps, command: InboxCommand): Promise<boolean> => {
  const { id, rolloutId } = command;
  const view = await ledger.rollout(rolloutId);
  if (view === null) {
    await ledger.answerCommand(id, 'refused', 'not done: the rollout is unknown');
    return true;
  }
  const known = await heard({ ledger }, view, id);
  if (known.is === 'unknown') return false;
  if (known.is === 'taken') await ledger.answerCommand(id, 'done', view.state);
  else {
    const why = known.is === 'refused' ? known.sentence : `not done: the rollout has ended (${view.state})`;
    await ledger.answerCommand(id, 'refused', why);
  }
  return true;
};
