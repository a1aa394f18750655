import { SluiceError } from '../../runbooks/errors.ts';
import { judgeCommand } from '../../runbooks/state.ts';
import type { RolloutView } from '../store/views.ts';
import { adopt } from './adopt.ts';
import type { RolloutsDeps } from './deps.ts';
import type { Rollouts } from './facade.ts';
import { find, page, places } from './look.ts';
import { recoverLost } from './lost.ts';
import { planOnly } from './plan-only.ts';
import type { CommandRequest, RollbackRequest, SaidAnswer, StartAnswer } from './requests.ts';
import { recordRefusal, sayToRun } from './say.ts';
import { start } from './start.ts';

/** The façade over one Temporal client and one ledger. It holds no state: any number of them may run. */
export const createRollouts = (deps: RolloutsDeps): Rollouts => ({
  deploy: async (request) => {
    await recoverBefore(deps, request);
    return start(deps, { ...request, kind: 'deploy', of: null }, request.key);
  },
  rollback: (request) => rollback(deps, request),
  plan: (request) => planOnly(deps, request),
  say: (request) => say(deps, request),
  adopt: (request) => adopt(deps, request),
  find: (idOrService) => find(deps, idOrService),
  places: () => places(deps),
  playbook: (request) => page(deps, request),
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
  for (const view of open) await recoverLost(deps, view);
};

/** An open rollout is told to go back; without one, a rollback of what was promoted starts. */
const rollback = async (deps: RolloutsDeps, request: RollbackRequest): Promise<StartAnswer | SaidAnswer> => {
  const { service, environment, to, actor, reason, key } = request;
  const open = await deps.ledger.rollouts({
    service,
    open: true,
    limit: 20,
    ...(environment === null ? {} : { environment }),
  });
  const [running] = open;
  if (running !== undefined && open.length === 1 && running.state !== 'requested') {
    refuseOtherWay(running, to);
    return sayToRun(deps, running, { id: running.id, command: 'rollback', actor, reason, key });
  }
  return start(deps, { kind: 'rollback', service, environment, version: to, actor, reason, of: null }, key);
};

const refuseOtherWay = (running: RolloutView, to: string | null): void => {
  if (to === null || to === running.from?.version) return;
  throw new SluiceError({
    code: 'COMMAND_REFUSED',
    message: `A rollout of ${running.service} is running; its way back leads to ${running.from?.version ?? 'nothing'}, not to ${to}.`,
    hint: `First: sluice abort ${running.id}. Then: sluice rollback ${running.service} --to ${to}.`,
  });
};

/** An ended rollout takes two commands, and both begin a new one; an open rollout hears them itself. */
const say = async (deps: RolloutsDeps, request: CommandRequest): Promise<SaidAnswer> => {
  const view = await find(deps, request.id);
  const judged = judgeCommand(view.state, request.command);
  const { actor, reason, key } = request;
  const { service, environment, state } = view;
  if ('effect' in judged && (judged.effect === 'start-rollback' || judged.effect === 'start-again')) {
    const version = judged.effect === 'start-again' ? view.version : null;
    const kind = judged.effect === 'start-again' ? 'deploy' : 'rollback';
    const started = await start(
      deps,
      { kind, service, environment, version, actor, reason, of: view.id },
      key,
    );
    return { outcome: 'done', rolloutId: started.rolloutId, effect: judged.effect, state, started };
  }
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
