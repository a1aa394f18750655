import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { getExternalWorkflowHandle, ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { deliver } from './deliver.ts';
import { deliverId } from './ids.ts';
import type { DeliverInput } from './telling.ts';

export const deliveryOf = (rolloutId: string) => getExternalWorkflowHandle(deliverId(rolloutId));

/** Whether it began, to outlive whoever began it; `false`: the rollout has one that lives. */
export const startDelivery = async (input: DeliverInput): Promise<boolean> => {
  const { typedSearchAttributes } = workflowInfo();
  const { service, environment } = input.place;
  try {
    await startChild(deliver, {
      workflowId: deliverId(input.rolloutId),
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `tells of ${service} in ${environment}`,
      ...(typedSearchAttributes.getAll().length === 0 ? {} : { typedSearchAttributes }),
      args: [input],
    });
    return true;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return false;
  }
};
