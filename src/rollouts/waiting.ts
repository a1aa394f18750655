import type { Problem } from '../../runbooks/errors.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { isOpen } from '../../runbooks/state.ts';
import type { Queued } from '../store/queue.ts';
import type { RolloutView } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import { makeInput, refuseStart } from './input.ts';
import { beginWaiting, closeQueued } from './queue.ts';
import { lastRun } from './runs.ts';
import { run } from './start.ts';
import { askToGiveWay } from './supersede.ts';

/** Longer than a start takes: nobody else starts it meanwhile, and whoever died over it is followed. */
const leaseMs = 60_000;

/**
 * Looks after every deploy that waits: starts it, asks what runs to give way, or ends it where it may not start any
 * more. Any process may do it, several at once; its rollout's id is the key, so it starts once.
 */
export const startWaiting = async (deps: RolloutsDeps): Promise<void> => {
  for (const queued of await deps.ledger.queue.all()) {
    try {
      await lookAt(deps, queued);
    } catch (error) {
      // One that always fails must not stand in the way of the others.
      deps.log.warn({ rolloutId: queued.rolloutId, error: String(error) }, 'a deploy waits in the queue');
    }
  }
};

const lookAt = async (deps: RolloutsDeps, queued: Queued): Promise<void> => {
  const { ledger } = deps;
  const { rolloutId, service, environment } = queued;
  const view = await ledger.rollout(rolloutId);
  if (view?.state === 'requested') await beginWaiting(deps, queued);
  else if (view?.state !== 'queued') return ledger.queue.remove(rolloutId);
  const others = (await ledger.rollouts({ service, environment, limit: 100 })).filter(
    ({ id }) => id !== rolloutId,
  );
  const running = others.find((other) => isOpen(other.state) && hasBegun(other));
  if (running !== undefined) {
    if (queued.mode === 'supersede' && running.id === queued.behind) await insist(deps, queued);
    return;
  }
  if (!(await ledger.queue.take(rolloutId, leaseMs))) return;
  const last = await lastRun(deps, environment, service);
  if (last?.rolloutId === rolloutId) return ledger.queue.remove(rolloutId);
  const end = endOfWait(queued, others);
  if (end === null) return begin(deps, queued);
  await closeQueued(deps, queued, end.state, end.problem);
  await ledger.queue.remove(rolloutId);
};

/** Asked again until it has answered: the same id acts once. */
const insist = async (deps: RolloutsDeps, queued: Queued): Promise<void> => {
  const refused = await askToGiveWay(deps, queued);
  if (refused === null) return;
  // It is on its way back for another reason, or about to end: that end decides.
  const view = await deps.ledger.rollout(queued.behind);
  if (view === null || view.endedAt !== null || view.state === 'rolling-back') return;
  await closeQueued(deps, queued, 'refused', refused);
  await deps.ledger.queue.remove(queued.rolloutId);
};

const hasBegun = ({ state }: RolloutView): boolean => state !== 'queued' && state !== 'requested';

/** Why what waits may not start any more, by what has happened there; `null`: it may. */
export const endOfWait = (queued: Queued, others: readonly RolloutView[]): Ended | null =>
  overtaken(queued, others) ?? takenBack(queued, others);

type Ended = { readonly state: 'superseded' | 'refused'; readonly problem: Problem };

/** A deploy that was asked for later has run, or runs: this one would put an older wish over a newer one. */
const overtaken = ({ rolloutId }: Queued, others: readonly RolloutView[]): Ended | null => {
  const newer = others.find(
    ({ id, kind, hash, state }) =>
      kind === 'deploy' && id > rolloutId && hash !== null && state !== 'refused',
  );
  if (newer === undefined) return null;
  const message = `${newer.version} was asked for later and has started before it (rollout ${newer.id}). Nothing has run.`;
  return { state: 'superseded', problem: { code: 'ROLLOUT_LOCKED', message } };
};

const bad: ReadonlySet<RolloutView['state']> = new Set(['rolled-back', 'rolled-back-by-hand']);

/** What was taken back since it was asked for: a person looks first, nothing starts by itself over that. */
const takenBack = (queued: Queued, others: readonly RolloutView[]): Ended | null => {
  const since = others.filter(
    ({ id, endedAt }) => id === queued.behind || (endedAt !== null && endedAt >= queued.at),
  );
  const back = since.find(
    ({ state, kind, startedAt }) =>
      bad.has(state) ||
      (state === 'aborted' && startedAt !== null) ||
      (state === 'succeeded' && (kind === 'rollback' || kind === 'recover')),
  );
  if (back === undefined) return null;
  const how =
    back.kind === 'deploy' || back.kind === 'flag' ? `ended as ${back.state}` : 'took the traffic back';
  return {
    state: 'refused',
    problem: {
      code: 'COMMAND_REFUSED',
      message: `The ${back.kind} before it (${back.version}, rollout ${back.id}) ${how}: ${back.sentence ?? ''} What waited does not start over that by itself.`,
      hint: `Look at it; then: sluice retry ${queued.rolloutId}`,
    },
  };
};

/** Its input is made from the files as they are now; who asked has to be allowed still. */
const begin = async (deps: RolloutsDeps, queued: Queued): Promise<void> => {
  const { rolloutId } = queued;
  const { queue } = deps.ledger;
  try {
    const input = await makeInput(deps, { ...queued.wanted, rolloutId });
    const stranger = refuseStart(input);
    if (stranger !== null) throw new SluiceError(stranger);
    const answer = await run(deps, input, false, async () => null);
    if (answer === null) await queue.release(rolloutId);
    // Unconfirmed, it is looked at again when the lease is over: by then it has begun, or begins.
    else if (answer.outcome !== 'not-confirmed') await queue.remove(rolloutId);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code.endsWith('_UNAVAILABLE')) throw error;
    const { code, message, hint } = error;
    await closeQueued(deps, queued, 'refused', { code, message, ...(hint === undefined ? {} : { hint }) });
    await queue.remove(rolloutId);
  }
};
