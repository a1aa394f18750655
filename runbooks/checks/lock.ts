import type { Problem } from '../errors.ts';

/** A person's lock, as it stands beside the chain. `until` `null`: until somebody takes it away. */
export type StandingLock = {
  readonly service: string;
  readonly environment: string | null;
  readonly actor: { readonly id: string };
  readonly reason: string;
  readonly until: string | null;
};

/** A lock is no check: it is not passed over but taken away, by somebody who then stands for it. */
export const lockProblem = (locks: readonly StandingLock[]): Problem | null => {
  const [lock] = locks;
  if (lock === undefined) return null;
  const { service, environment, actor, reason, until } = lock;
  const where = environment === null ? service : `${service} in ${environment}`;
  return {
    code: 'SERVICE_LOCKED',
    message: `${where} is locked by ${actor.id}${until === null ? '' : ` until ${until}`}: ${reason}`,
    hint: `Abort and rollback are never locked. To deploy: sluice unlock ${service}${environment === null ? '' : ` --env ${environment}`} --reason "…".`,
  };
};
