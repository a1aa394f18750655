import { ApplicationFailure, patched, workflowInfo } from '@temporalio/workflow';
import type { Problem } from '../runbooks/errors.ts';

/**
 * Whether this run was reset in Temporal to an earlier moment: it does not remember what its earlier life did after
 * that. What was decided before the moment stands in the history and stays as it was: `patched` tells the two apart.
 */
export const forgets = (): boolean => {
  const { runId, originalExecutionRunId } = workflowInfo();
  return runId !== originalExecutionRunId && patched('undo-what-was-forgotten');
};

/**
 * A reset run that has no runbook any more may have moved traffic: it fails instead of closing as refused, so that the
 * ledger, where it is open, has it found and taken back by a recovery.
 */
export const lostMemory = (problems: readonly Problem[]): ApplicationFailure => {
  const why = problems.map(({ message }) => message).join(' ');
  return ApplicationFailure.nonRetryable(
    `It was reset in Temporal to before its runbook, which can not be made again: ${why}`,
    'RUNBOOK_INVALID',
  );
};

/**
 * A run that was reset in Temporal to before its approval may have moved traffic in its earlier life: it fails instead
 * of asking again, so that the ledger, where it is open, has it found and taken back by a recovery.
 */
export const lostApproval = (): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    'It was reset in Temporal to before its approval; what was done after that is not known here.',
    'RUNBOOK_INVALID',
  );
