/** The lock: one running rollout per service and environment. */
export const rolloutWorkflowId = (environment: string, service: string): string =>
  `rollout/${environment}/${service}`;

/** Holds the old version ready after the promotion by that rollout. */
export const keepId = (rolloutId: string): string => `keep/${rolloutId}`;

/** Tells people, and the ledger, of that rollout. */
export const deliverId = (rolloutId: string): string => `deliver/${rolloutId}`;
