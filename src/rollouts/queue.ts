import type { Problem } from '../../runbooks/errors.ts';
import type { LedgerEvent } from '../../runbooks/events.ts';
import type { RolloutInput } from '../../workflows/contract.ts';
import type { Queued } from '../store/queue.ts';
import type { RolloutsDeps } from './deps.ts';
import type { StartAnswer } from './requests.ts';
import { askToGiveWay } from './supersede.ts';
import { tellQueued } from './tell-queued.ts';
import type { Wanted } from './wanted.ts';

// A deploy that was asked for while another one ran: `onNewer` of the service file. It stands in the ledger, one per
// service and environment, until `waiting.ts` starts it.

type Running = { readonly rolloutId: string; readonly version: string | null };

/** The rollout that holds the lock, as it says itself; `null`: the problem is another one. */
const runningOf = ({ code, details }: Problem): Running | null => {
  const rolloutId = details?.['rolloutId'];
  const version = details?.['version'];
  if (code !== 'ROLLOUT_LOCKED' || typeof rolloutId !== 'string') return null;
  return { rolloutId, version: typeof version === 'string' ? version : null };
};

/**
 * What becomes of a deploy for which the lock is held. `null`: it is refused, by the file or because the same version is
 * on its way.
 * @throws SluiceError where the rollout that runs does not give way
 */
export const waitTurn = async (
  deps: RolloutsDeps,
  input: RolloutInput,
  wanted: Omit<Wanted, 'rolloutId'>,
  problem: Problem,
): Promise<Extract<StartAnswer, { outcome: 'queued' }> | Problem | null> => {
  const mode = input.service.environments[input.environment]?.onNewer ?? 'refuse';
  const running = runningOf(problem);
  if (mode === 'refuse' || running === null || input.kind !== 'deploy') return null;
  if (running.version === input.version) return null;
  const queued: Queued = {
    ...{ service: input.service.service, environment: input.environment, rolloutId: input.rolloutId, mode },
    behind: running.rolloutId,
    wanted: { ...wanted, environment: input.environment },
    at: new Date().toISOString(),
  };
  if (mode === 'supersede') {
    // Who does not give way leaves nothing behind that waits. Unanswered, it is asked again by whoever looks after it.
    const refused = await askToGiveWay(deps, queued);
    if (refused !== null) return refused;
  }
  const { stands, replaced } = await deps.ledger.queue.put(queued);
  if (replaced !== null) await closeReplaced(deps, replaced, queued);
  if (!stands) {
    return {
      code: 'ROLLOUT_LOCKED',
      message: 'A deploy that was asked for after this one waits in its place.',
      details: { rolloutId: running.rolloutId },
    };
  }
  await beginWaiting(deps, queued);
  return { outcome: 'queued', rolloutId: input.rolloutId, repeated: false, mode, behind: running.rolloutId };
};

/** Said once, whoever says it. */
export const beginWaiting = async (deps: RolloutsDeps, queued: Queued): Promise<void> => {
  const event = isQueued(queued);
  await deps.ledger.append([event]);
  await tellQueued(deps, queued, [event]);
};

/** Its first own event after the request; the same whoever writes it. */
const isQueued = ({ rolloutId, mode }: Queued): LedgerEvent => ({
  rolloutId,
  id: 'queue/waiting',
  // The time is not compared: the first one stands.
  at: new Date().toISOString(),
  actor: null,
  body: {
    type: 'state',
    state: 'queued',
    until: null,
    next:
      mode === 'queue'
        ? 'it starts once the rollout before it has succeeded'
        : 'it starts once the rollout before it has gone back',
  },
  texts: {},
});

/** The end of a deploy that has waited, told in its own story. */
export const closeQueued = async (
  deps: RolloutsDeps,
  queued: Queued,
  state: 'superseded' | 'refused',
  problem: Problem,
): Promise<void> => {
  const { rolloutId } = queued;
  const common = { rolloutId, at: new Date().toISOString(), actor: null, texts: {} };
  const why: readonly LedgerEvent[] =
    state === 'refused'
      ? [{ ...common, id: 'queue/refused', body: { type: 'refused', problems: [problem] } }]
      : [];
  const events: readonly LedgerEvent[] = [
    ...why,
    { ...common, id: 'queue/closed', body: { type: 'closed', state, sentence: problem.message } },
  ];
  await deps.ledger.append(events);
  await tellQueued(deps, queued, events);
};

const closeReplaced = (deps: RolloutsDeps, replaced: Queued, by: Queued): Promise<void> =>
  closeQueued(deps, replaced, 'superseded', {
    code: 'ROLLOUT_LOCKED',
    message: `${by.wanted.version ?? 'A newer one'} was asked for by ${by.wanted.actor.id} and waits in its place (rollout ${by.rolloutId}). Nothing has run.`,
  });
