import { v7 as uuidv7 } from 'uuid';
import { refuseActor } from '../../runbooks/access.ts';
import type { LedgerEvent } from '../../runbooks/events.ts';
import { findService } from '../service-file/folder.ts';
import type { RolloutView } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import type { CommandRequest, SaidAnswer } from './requests.ts';
import { accessAt } from './require.ts';
import { recordRefusal } from './say.ts';
import { tellQueued } from './tell-queued.ts';

/** Longer than the few writes take. */
const leaseMs = 10_000;

/** An abort of what waits: it leaves the queue, and nothing has run. Whoever starts it just now is the first. */
export const leaveQueue = async (
  deps: RolloutsDeps,
  view: RolloutView,
  request: CommandRequest,
): Promise<SaidAnswer> => {
  const { actor, reason, command } = request;
  const { id: rolloutId, service, environment } = view;
  const key = request.key ?? uuidv7();
  const { file } = await findService(deps.services, service, 'lists');
  const stranger = refuseActor(await accessAt(deps, file, environment), actor, command);
  if (stranger !== null)
    throw await recordRefusal(deps, view, request, key, { code: 'NOT_AUTHORISED', message: stranger });
  if (!(await deps.ledger.queue.take(rolloutId, leaseMs))) {
    throw await recordRefusal(deps, view, request, key, {
      code: 'COMMAND_REFUSED',
      message: `Can not ${command}: it is just being started. Say it again in a moment.`,
    });
  }
  const common = { rolloutId, at: new Date().toISOString(), actor };
  const sentence = `${command} said by ${actor.id}${reason === null ? '' : ', with a reason'}. Nothing has run.`;
  const queued = await deps.ledger.queue.of(rolloutId);
  const events: readonly LedgerEvent[] = [
    {
      ...common,
      id: `queue/left/${key}`,
      body: { type: 'command', command, effect: 'leave-queue', refusal: null, key },
      texts: reason === null ? {} : { reason },
    },
    { ...common, id: 'queue/closed', body: { type: 'closed', state: 'aborted', sentence }, texts: {} },
  ];
  await deps.ledger.append(events);
  if (queued !== null) await tellQueued(deps, queued, events);
  await deps.ledger.queue.remove(rolloutId);
  return { outcome: 'done', rolloutId, effect: 'leave-queue', state: 'aborted', started: null };
};
