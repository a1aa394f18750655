import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { getExternalWorkflowHandle, ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { sourceAddress } from '../runbooks/paging/source.ts';
import type { ServiceFile } from '../runbooks/service.ts';
import { deliver } from './deliver.ts';
import type { DeliverInput } from './telling.ts';

const deliverId = (rolloutId: string): string => `deliver/${rolloutId}`;

export const deliveryOf = (rolloutId: string) => getExternalWorkflowHandle(deliverId(rolloutId));

/** What of the service file goes with its delivery. */
export const toldOf = (file: ServiceFile, environment: string): DeliverInput['file'] => ({
  owners: file.owners,
  source: sourceAddress(file.environments[environment]?.gates.source ?? {}),
});

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
