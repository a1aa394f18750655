import { WorkflowNotFoundError } from '@temporalio/client';
import { v7 as uuidv7 } from 'uuid';
import { contractUpdate } from '../../workflows/messages.ts';
import type { RolloutView } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import { answerMsOf } from './deps.ts';
import { keepId } from '../../workflows/ids.ts';
import type { CommandRequest, SaidAnswer } from './requests.ts';
import { recordRefusal, unheard } from './say.ts';
import { isUnanswered, refusalOf } from './temporal-errors.ts';

/**
 * Approves, after a promotion, that the database loses what the old version needed. The `keep` workflow judges it; what
 * it refuses is recorded. An approval that can't reach Temporal is not kept: it must not be carried out unseen later.
 */
export const approveContract = async (
  deps: RolloutsDeps,
  view: RolloutView,
  request: CommandRequest,
): Promise<SaidAnswer> => {
  const { actor, reason } = request;
  const key = request.key ?? uuidv7();
  const message = { id: key, rolloutId: view.id, actor, reason };
  try {
    await deps.client.withDeadline(Date.now() + answerMsOf(deps), () =>
      deps.client.workflow
        .getHandle(keepId(view.id))
        .executeUpdate(contractUpdate, { args: [message], updateId: key }),
    );
    return { outcome: 'done', rolloutId: view.id, effect: 'approve', state: view.state, started: null };
  } catch (error) {
    const refusal = error instanceof WorkflowNotFoundError ? nothingWaits : refusalOf(error);
    if (refusal !== null) throw await recordRefusal(deps, view, request, key, refusal);
    if (isUnanswered(error)) throw unheard('approve', error);
    throw error;
  }
};

const nothingWaits = {
  code: 'COMMAND_REFUSED',
  message: 'Can not approve: the rollout has ended, and nothing waits for an approval any more.',
} as const;
