import {
  ApplicationFailure,
  isGrpcCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Problem } from '../../runbooks/errors.ts';
import { isErrorCode } from '../../runbooks/errors.ts';

/** gRPC's code: nobody listens there, or the connection broke. */
const unavailable = 14;

/** No answer in time, or no connection: the call may or may not have arrived. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
  isGrpcDeadlineError(error) ||
  isGrpcCancelledError(error) ||
  isUnavailable(error);

export const isUnavailable = (error: unknown): boolean => {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (!isGrpcServiceError(inner)) continue;
    const { code }: { readonly code: number } = inner;
    if (code === unavailable) return true;
  }
  return false;
};

/** What a workflow's validator or handler refused with; `null`: the error is something else. */
export const refusalOf = (error: unknown): Problem | null => {
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure))
    return null;
  const { type, message, details } = error.cause;
  const first: unknown = details?.[0];
  return {
    code: isErrorCode(type ?? '') ? (type as Problem['code']) : 'INTERNAL',
    message,
    ...(typeof first === 'object' && first !== null ? { details: { ...first } } : {}),
  };
};
