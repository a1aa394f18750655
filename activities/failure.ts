import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { errorTable, SluiceError } from '../runbooks/errors.ts';

/**
 * What an activity throws as Temporal needs it: the code as the failure's type, the mend in its details, and whether
 * trying again may help, from the table. Anything else is a bug of ours or of a library: retried, with its own words.
 */
const failureOf = (error: unknown): unknown => {
  if (!(error instanceof SluiceError)) return error;
  return ApplicationFailure.create({
    type: error.code,
    message: error.message,
    nonRetryable: !errorTable[error.code].retryable,
    // A service that is busy has said when to come again.
    ...(typeof error.details?.['retryAfterMs'] === 'number'
      ? { nextRetryDelay: error.details['retryAfterMs'] }
      : {}),
    details: [{ hint: error.hint ?? '', ...error.details }],
    cause: error,
  });
};

/** Wraps every activity of a set, so that no error leaves one without its code. */
export const withFailures = <Set extends object>(activities: Set): Set => {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: unknown[]): Promise<unknown> => {
      try {
        return await (activity as (...args: unknown[]) => Promise<unknown>)(...args);
      } catch (error) {
        if (error instanceof CancelledFailure) throw error;
        throw failureOf(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Set;
};
