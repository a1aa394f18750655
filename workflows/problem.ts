import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { Problem } from '../runbooks/errors.ts';
import { isErrorCode } from '../runbooks/errors.ts';

/** The `Problem` behind whatever an activity failed with: its code where it has one, its own words always. */
export const problemOf = (error: unknown): Problem => {
  const root = error instanceof ActivityFailure ? (error.cause ?? error) : error;
  if (root instanceof ApplicationFailure) {
    const code = isErrorCode(root.type ?? '') ? (root.type as Problem['code']) : 'INTERNAL';
    const details: unknown = root.details?.[0];
    return { code, message: root.message, ...(isHint(details) ? { hint: details.hint } : {}) };
  }
  if (root instanceof TimeoutFailure) {
    const last = root.cause instanceof ApplicationFailure ? ` Last error: ${root.cause.message}` : '';
    const name = error instanceof ActivityFailure ? `"${error.activityType}" ` : '';
    const code = root.cause instanceof ApplicationFailure ? problemOf(root.cause).code : 'TARGET_UNAVAILABLE';
    return { code, message: `${name}did not finish in time (${root.timeoutType}).${last}` };
  }
  return { code: 'INTERNAL', message: root instanceof Error ? root.message : String(root) };
};

const isHint = (value: unknown): value is { readonly hint: string } =>
  typeof value === 'object' && value !== null && 'hint' in value && typeof value.hint === 'string';
