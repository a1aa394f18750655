import { v7 as uuidv7 } from 'uuid';
import type { Actor } from '../../runbooks/access.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { Preparation } from '../../workflows/contract.ts';
import type { plan } from '../../workflows/plan.ts';
import type { RolloutsDeps } from './deps.ts';
import { planMsOf } from './deps.ts';
import { makeInput } from './input.ts';
import type { PlanRequest } from './requests.ts';
import { isUnanswered } from './temporal-errors.ts';

/**
 * The runbook of a deploy, without running it: by a workflow of its own, because adapters live where workers are.
 * @throws SluiceError TEMPORAL_UNAVAILABLE when no worker answers in time, and what `makeInput` throws
 */
export const planOnly = async (
  deps: RolloutsDeps,
  request: PlanRequest & { readonly actor: Actor },
): Promise<Preparation> => {
  const id = uuidv7();
  const input = await makeInput(deps, { ...request, rolloutId: id, kind: 'deploy', reason: null, of: null });
  try {
    return await deps.client.withDeadline(Date.now() + planMsOf(deps), () =>
      deps.client.workflow.execute<typeof plan>('plan', {
        workflowId: `plan/${id}`,
        taskQueue: deps.settings.queues.main,
        // Nobody waits for it any longer than this.
        workflowExecutionTimeout: 2 * planMsOf(deps),
        staticSummary: `plan ${request.service} ${request.version} in ${input.environment}`,
        args: [input],
      }),
    );
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    throw new SluiceError(
      {
        code: 'TEMPORAL_UNAVAILABLE',
        message: `No worker answered within ${String(planMsOf(deps) / 1000)} s.`,
        hint: '`sluice doctor` shows what answers; a plan changes nothing and can be asked for again.',
      },
      { cause: error },
    );
  }
};
