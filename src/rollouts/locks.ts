import type { Actor } from '../../runbooks/access.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { findService } from '../service-file/folder.ts';
import type { LockView } from '../store/views.ts';
import { chooseEnvironment } from './choose-environment.ts';
import type { RolloutsDeps } from './deps.ts';
import { accessAt, requireReason, requireVerb } from './require.ts';

/** How long a lock may be asked for, in ms. */
export const lockLasts = { leastMs: 1_000, mostMs: 365 * 24 * 3_600_000 } as const;

/** `environment` `null`: all of the service. `forMs` `null`: until somebody unlocks it. */
export type LockRequest = {
  readonly service: string;
  readonly environment: string | null;
  readonly forMs: number | null;
  readonly reason: string;
  readonly actor: Actor;
};
/** A lock as it holds now. `replaces`: another one that held in its place until then. */
export type PlacedLock = LockView & { readonly replaces: LockView | null };
export type UnlockRequest = Omit<LockRequest, 'forMs'>;

type LockDeps = Pick<RolloutsDeps, 'services' | 'access' | 'ledger' | 'log'>;

/**
 * No new deploy begins there; what runs goes on, and abort and rollback are never locked.
 * @throws SluiceError SERVICE_UNKNOWN, ENVIRONMENT_UNKNOWN, NOT_AUTHORISED, USAGE
 */
export const lock = async (deps: LockDeps, request: LockRequest): Promise<PlacedLock> => {
  const { service, environment } = await placeOf(deps, request);
  checkLasts(request.forMs);
  const now = Date.now();
  const placed: LockView = {
    service,
    environment,
    actor: request.actor,
    reason: request.reason,
    at: new Date(now).toISOString(),
    until: request.forMs === null ? null : new Date(now + request.forMs).toISOString(),
  };
  const before = await deps.ledger.lock(placed);
  deps.log.info({ service, environment, until: placed.until, by: request.actor.id }, 'locked');
  const held = before !== null && (before.until === null || Date.parse(before.until) > now);
  return { ...placed, replaces: held ? before : null };
};

const checkLasts = (forMs: number | null): void => {
  if (forMs === null || (forMs >= lockLasts.leastMs && forMs <= lockLasts.mostMs)) return;
  throw new SluiceError({
    code: 'USAGE',
    message: 'A lock holds for a second at least and for 365 d at most.',
    hint: 'Give it as 30m or 2h, or leave it out: then it holds until it is unlocked.',
  });
};

/** @throws SluiceError NOT_FOUND where there is none, and what `lock` throws */
export const unlock = async (
  deps: LockDeps,
  request: UnlockRequest,
): Promise<{ readonly unlocked: true }> => {
  const { service, environment } = await placeOf(deps, request);
  if (await deps.ledger.unlock(service, environment)) {
    deps.log.info({ service, environment, by: request.actor.id }, 'unlocked');
    return { unlocked: true };
  }
  const where = environment === null ? service : `${service} in ${environment}`;
  throw new SluiceError({
    code: 'NOT_FOUND',
    message: `${where} is not locked${environment === null ? ' as a whole' : ''}.`,
    hint:
      environment === null
        ? `A lock of one environment is taken away by its name: sluice unlock ${service} --env ENVIRONMENT.`
        : `A lock of the whole service is taken away without --env: sluice unlock ${service}.`,
  });
};

const placeOf = async (
  deps: LockDeps,
  { service, environment, actor, reason }: UnlockRequest,
): Promise<{ readonly service: string; readonly environment: string | null }> => {
  const { file } = await findService(deps.services, service, 'lists');
  requireVerb(await accessAt(deps, file, environment), actor, 'hold', `lock or unlock ${file.service}`);
  requireReason(reason);
  const names = Object.keys(file.environments);
  return {
    service: file.service,
    environment: environment === null ? null : chooseEnvironment(file.service, names, environment),
  };
};
