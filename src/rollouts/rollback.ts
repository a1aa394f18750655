import { SluiceError } from '../../runbooks/errors.ts';
import type { RolloutView } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import { answered } from './heard.ts';
import { bodyHashOf } from './input.ts';
import { find } from './look.ts';
import type { RollbackRequest, SaidAnswer, StartAnswer } from './requests.ts';
import { sayToRun } from './say.ts';
import { start } from './start.ts';

/**
 * An open rollout is told to go back; without one, a rollback of what was promoted starts. A key stands for what it did
 * first: said again after that rollout has ended, it must not take back what was good before it.
 */
export const rollback = async (
  deps: RolloutsDeps,
  request: RollbackRequest,
): Promise<StartAnswer | SaidAnswer> => {
  const { service, environment, to, actor, reason, key } = request;
  const begin = () =>
    start(deps, { kind: 'rollback', service, environment, version: to, actor, reason, of: null }, key);
  const said = bodyHashOf({ say: 'rollback', service, environment, to });
  const known = key === null ? null : await deps.ledger.rememberedBy(key);
  if (known !== null) {
    // A key that began a rollout gives that one again; one that was used for something else is refused there.
    return known.bodySha256 === said ? saidBefore(deps, known.rolloutId, request) : begin();
  }
  const all = await deps.ledger.rollouts({
    service,
    open: true,
    limit: 20,
    ...(environment === null ? {} : { environment }),
  });
  const open = all.filter(({ state }) => state !== 'queued');
  const [running] = open;
  if (running !== undefined && open.length === 1 && running.state !== 'requested') {
    refuseOtherWay(running, to);
    const { rolloutId, fresh } =
      key === null
        ? { rolloutId: running.id, fresh: true }
        : await deps.ledger.remember(key, said, running.id);
    // The same request, a moment before: what it was said to may have ended since, and another one may run.
    if (!fresh) return saidBefore(deps, rolloutId, request);
    return sayToRun(deps, running, { id: running.id, command: 'rollback', actor, reason, key });
  }
  return begin();
};

/** The key was used to tell this rollout to go back: what came of it, or once more where it has not ended. */
const saidBefore = async (
  deps: RolloutsDeps,
  rolloutId: string,
  { actor, reason, key }: RollbackRequest,
): Promise<SaidAnswer> => {
  const view = await find(deps, rolloutId);
  const { id, state } = view;
  if (view.endedAt === null) return sayToRun(deps, view, { id, command: 'rollback', actor, reason, key });
  const before = key === null ? null : await answered(deps, view, key);
  if (before !== null) return before;
  throw new SluiceError({
    code: 'COMMAND_REFUSED',
    message: `Rollout ${id} had ended (${state}) before it could be told to go back.`,
    hint: `Look at it: sluice status ${id}. To go back from what runs now, say it anew, with a new key.`,
  });
};

const refuseOtherWay = (running: RolloutView, to: string | null): void => {
  if (to === null || to === running.from?.version) return;
  throw new SluiceError({
    code: 'COMMAND_REFUSED',
    message: `A rollout of ${running.service} is running; its way back leads to ${running.from?.version ?? 'nothing'}, not to ${to}.`,
    hint: `First: sluice abort ${running.id}. Then: sluice rollback ${running.service} --to ${to}.`,
  });
};
