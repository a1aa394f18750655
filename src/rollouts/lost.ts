import type { Actor } from '../../runbooks/access.ts';
import type { LedgerEvent } from '../../runbooks/events.ts';
import type { RolloutState } from '../../runbooks/state.ts';
import type { RolloutView } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import { isHolding, tellDelivery } from './delivery.ts';
import { lastRun } from './runs.ts';
import { start } from './start.ts';

/** A request whose start was cut off by a dying daemon is left alone for this long: its caller may be trying again. */
const startGraceMs = 60_000;

const sweeper: Actor = { id: 'sluice', via: 'system', groups: [] };

/**
 * Rollouts that the ledger counts as open and that have no run in Temporal any more (terminated, failed, purged): the
 * traffic stands where it stood, so a `recover` run takes it back under the same lock. Returns the ids of the lost.
 * Key: one recovery per lost rollout, by its id.
 */
export const recoverLost = async (
  deps: RolloutsDeps,
  only?: { readonly service: string; readonly environment: string },
): Promise<readonly string[]> => {
  const open = await deps.ledger.openRollouts();
  const found: string[] = [];
  for (const view of open) {
    if (only !== undefined && (view.service !== only.service || view.environment !== only.environment))
      continue;
    if (await recoverOne(deps, view)) found.push(view.id);
  }
  return found;
};

const recoverOne = async (deps: RolloutsDeps, view: RolloutView): Promise<boolean> => {
  // It waits for its turn, and has no run yet.
  if (view.state === 'queued' && (await deps.ledger.queue.of(view.id)) !== null) return false;
  const last = await lastRun(deps, view.environment, view.service);
  if (last?.rolloutId === view.id && (last.running || last.completed)) return false;
  // What it could not tell is on its way.
  if (await isHolding(deps, view.id)) return false;
  if (view.state === 'requested' || view.state === 'queued') {
    if (Date.now() - Date.parse(view.requestedAt) < startGraceMs) return false;
    await close(
      deps,
      view,
      'refused',
      'It was never started: the daemon that took the request ended before.',
    );
    return false;
  }
  if (last?.running === true) {
    if (last.rolloutId !== null && (await isRecoveryOf(deps, last.rolloutId, view.id))) return false;
    await close(
      deps,
      view,
      'superseded',
      'Its run is gone from Temporal, and a newer rollout has the traffic.',
    );
    return false;
  }
  if (view.from === null || view.kind !== 'deploy') {
    await close(
      deps,
      view,
      'rolled-back-by-hand',
      'Its run was ended in Temporal; what runs was left as it is.',
    );
    return true;
  }
  deps.log.error(
    { rolloutId: view.id, service: view.service },
    'a rollout has lost its run: its way back is started',
  );
  await start(
    deps,
    {
      kind: 'recover',
      service: view.service,
      environment: view.environment,
      version: view.from.version,
      actor: sweeper,
      reason: null,
      of: view.id,
    },
    `recover/${view.id}`,
  );
  return true;
};

const isRecoveryOf = async (deps: RolloutsDeps, runningId: string, lostId: string): Promise<boolean> =>
  (await deps.ledger.rollout(runningId))?.of === lostId;

const close = async (
  deps: RolloutsDeps,
  view: RolloutView,
  state: RolloutState,
  sentence: string,
): Promise<void> => {
  const closed: LedgerEvent = {
    rolloutId: view.id,
    id: 'sweep/closed',
    at: new Date().toISOString(),
    actor: sweeper,
    body: { type: 'closed', state, sentence },
    texts: {},
  };
  await deps.ledger.append([closed]);
  await tellDelivery(deps, closed);
};
