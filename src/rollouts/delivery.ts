import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Actor } from '../../runbooks/access.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { LedgerEvent } from '../../runbooks/events.ts';
import { acknowledgeSignal, holdsQuery, newsSignal } from '../../workflows/delivery-messages.ts';
import { findService } from '../service-file/folder.ts';
import type { RolloutsDeps } from './deps.ts';
import { answerMsOf } from './deps.ts';
import { deliverId } from '../../workflows/ids.ts';
import { find } from './look.ts';
import { accessAt, requireVerb } from './require.ts';
import { isUnanswered } from './temporal-errors.ts';

/**
 * Whether what the rollout could not tell the ledger is still on its way. Where nobody answers for it, it may be: the
 * next look asks again.
 */
export const isHolding = async (deps: RolloutsDeps, rolloutId: string): Promise<boolean> => {
  const handle = deps.client.workflow.getHandle(deliverId(rolloutId));
  try {
    return await deps.client.withDeadline(Date.now() + 5 * answerMsOf(deps), async () => {
      const { status } = await handle.describe();
      return status.name === 'RUNNING' && (await handle.query(holdsQuery));
    });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    if (
      error instanceof QueryNotRegisteredError ||
      error instanceof QueryRejectedError ||
      isGrpcServiceError(error)
    )
      return true;
    throw error;
  }
};

/** Tells those who are told of the rollout what happened outside of its run; where nobody is told, nothing happens. */
export const tellDelivery = async (deps: RolloutsDeps, event: LedgerEvent): Promise<void> => {
  try {
    await deps.client.withDeadline(Date.now() + answerMsOf(deps), () =>
      deps.client.workflow.getHandle(deliverId(event.rolloutId)).signal(newsSignal, [event]),
    );
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
};

/** The incident is acknowledged where it is open. `false`: nobody is paged about that rollout. */
export const acknowledge = async (
  deps: RolloutsDeps,
  { id, actor }: { readonly id: string; readonly actor: Actor },
): Promise<boolean> => {
  const view = await find(deps, id);
  const { file } = await findService(deps.services, view.service, 'lists');
  requireVerb(await accessAt(deps, file, view.environment), actor, 'answer', 'acknowledge its page');
  try {
    await deps.client.withDeadline(Date.now() + answerMsOf(deps), () =>
      deps.client.workflow.getHandle(deliverId(view.id)).signal(acknowledgeSignal, actor),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    if (!isUnanswered(error)) throw error;
    throw new SluiceError(
      {
        code: 'TEMPORAL_UNAVAILABLE',
        message: 'Nobody has answered in time: the page may not be acknowledged.',
        hint: 'Acknowledge it in PagerDuty itself: that is heard, too.',
      },
      { cause: error },
    );
  }
};
