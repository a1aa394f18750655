import { SluiceError } from '../../runbooks/errors.ts';
import type { Effect } from '../../runbooks/state.ts';
import { judgeMeant } from '../../runbooks/state.ts';
import { adopt } from './adopt.ts';
import type { Begins } from './again.ts';
import { wantedAgain } from './again.ts';
import { acknowledge } from './delivery.ts';
import type { RolloutsDeps } from './deps.ts';
import type { Rollouts } from './facade.ts';
import { leaveQueue } from './leave-queue.ts';
import { effectiveConfig } from './effective-config.ts';
import { answered } from './heard.ts';
import { find, page, places } from './look.ts';
import { lock, unlock } from './locks.ts';
import { recoverLost } from './lost.ts';
import { pageAnswered } from './page-answered.ts';
import { planOnly } from './plan-only.ts';
import { liftQuarantine } from './quarantine.ts';
import type { CommandRequest, SaidAnswer } from './requests.ts';
import { rights } from './rights.ts';
import { rollback } from './rollback.ts';
import { recordRefusal, sayToRun } from './say.ts';
import { approveContract } from './contract.ts';
import { start } from './start.ts';
import { isUnanswered } from './temporal-errors.ts';

/** The façade over one Temporal client and one ledger. It holds no state: any number of them may run. */
export const createRollouts = (deps: RolloutsDeps): Rollouts => ({
  deploy: (request) =>
    start(deps, { ...request, kind: 'deploy', of: null }, request.key, () => recoverBefore(deps, request)),
  rollback: (request) => rollback(deps, request),
  flag: ({ flag, percent, key, ...request }) =>
    start(deps, { ...request, kind: 'flag', version: null, of: null, flag: { name: flag, percent } }, key),
  plan: (request) => planOnly(deps, request),
  say: (request) => say(deps, request),
  adopt: (request) => adopt(deps, request),
  lock: (request) => lock(deps, request),
  unlock: (request) => unlock(deps, request),
  liftQuarantine: (request) => liftQuarantine(deps, request),
  find: (idOrService) => find(deps, idOrService),
  places: () => places(deps),
  rights: (actor) => rights(deps, actor),
  config: (request) => effectiveConfig(deps.services, request),
  playbook: (request) => page(deps, request),
  pageAnswered: (answered) => pageAnswered(deps, answered),
  acknowledge: (request) => acknowledge(deps, request),
  recoverLost: () => recoverLost(deps),
});

/** A rollout that has lost its run is taken back before anything new is deployed over it. */
const recoverBefore = async (
  deps: RolloutsDeps,
  { service, environment }: { readonly service: string; readonly environment: string | null },
): Promise<void> => {
  const open = await deps.ledger.rollouts({
    service,
    open: true,
    limit: 20,
    ...(environment === null ? {} : { environment }),
  });
  try {
    for (const view of open) await recoverLost(deps, view);
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    throw new SluiceError(
      {
        code: 'TEMPORAL_UNAVAILABLE',
        message: `Temporal does not answer: whether the rollout of ${service} that is open still runs is not known, and nothing was begun over it.`,
        hint: 'Say it again in a moment.',
      },
      { cause: error },
    );
  }
};

const beginsAnother = (effect: Effect): effect is Begins => effect.startsWith('start-');

/** What an ended rollout takes begins a new one; an open rollout hears it itself. */
const say = async (deps: RolloutsDeps, request: CommandRequest): Promise<SaidAnswer> => {
  const view = await find(deps, request.id);
  // Said again after it was taken: what it did to this rollout must not begin another one.
  const before = request.key === null ? null : await answered(deps, view, request.key);
  if (before !== null) return before;
  const judged = judgeMeant(view.state, request.command, request.meant);
  const { key } = request;
  if ('effect' in judged && beginsAnother(judged.effect)) {
    const { effect } = judged;
    const started = await start(deps, await wantedAgain(deps, view, request, effect), key);
    return { outcome: 'done', rolloutId: started.rolloutId, effect, state: view.state, started };
  }
  if ('effect' in judged && judged.effect === 'leave-queue') return leaveQueue(deps, view, request);
  if (view.state === 'succeeded' && request.command === 'approve')
    return approveContract(deps, view, request);
  if (view.endedAt !== null && 'refusal' in judged) {
    const problem = { code: 'COMMAND_REFUSED', message: judged.refusal } as const;
    throw await recordRefusal(
      deps,
      view,
      request,
      key ?? `${request.command}-${String(Date.now())}`,
      problem,
    );
  }
  return sayToRun(deps, view, request);
};
