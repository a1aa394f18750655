import type { Problem } from '../../runbooks/errors.ts';
import { supersedeUpdate } from '../../workflows/messages.ts';
import type { Queued } from '../store/queue.ts';
import type { RolloutsDeps } from './deps.ts';
import { answerMsOf } from './deps.ts';
import { hasNoRun } from './heard.ts';
import { rolloutWorkflowId } from '../../workflows/ids.ts';
import { isUnanswered, refusalOf } from './temporal-errors.ts';

/**
 * Asks the rollout that runs to give way to the one that waits; key: the id of the one that waits. Returns why it does
 * not; `null`: it does, or has ended, or has not answered and is to be asked again.
 */
export const askToGiveWay = async (deps: RolloutsDeps, queued: Queued): Promise<Problem | null> => {
  const { service, environment, behind, rolloutId, wanted } = queued;
  const id = `supersede/${rolloutId}`;
  const message = { id, rolloutId: behind, version: wanted.version ?? 'a newer one', actor: wanted.actor };
  try {
    await deps.client.withDeadline(Date.now() + answerMsOf(deps), () =>
      deps.client.workflow
        .getHandle(rolloutWorkflowId(environment, service))
        .executeUpdate(supersedeUpdate, { args: [message], updateId: id }),
    );
    return null;
  } catch (error) {
    if (hasNoRun(error, { id: behind }) || isUnanswered(error)) return null;
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    return { ...refusal, details: { rolloutId: behind } };
  }
};
