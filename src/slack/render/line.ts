import type { RolloutState } from '../../../runbooks/state.ts';
import { needsPerson, sayEvent } from '../../story/say-event.ts';
import type { LiveModel } from '../../story/model.ts';
import type { StoredEvent } from '../../store/views.ts';
import type { Called } from '../mentions.ts';
import { nobody } from '../mentions.ts';
import { literal, slackTime } from './escape.ts';

/** One line of the thread. `broadcast`: the channel sees it, too. `calls`: who is called to it. */
export type ThreadLine = {
  readonly text: string;
  readonly broadcast: boolean;
  readonly calls: Called;
};

/** Who is asked and can still answer, who owns what nobody could be paged about, and whose deploy waits no longer. */
const callsOf = (model: LiveModel, { body, actor }: StoredEvent): Called => {
  const { approvers, requester, selfApproves } = model;
  const asker = requester === null ? [] : [requester];
  if (body.type === 'approval' && body.is !== 'void')
    return { ...nobody, groups: approvers, except: [...body.given, ...(selfApproves ? [] : asker)] };
  if (body.type === 'contract' && (body.is === 'asked' || body.is === 'reminder'))
    return { ...nobody, groups: approvers };
  if (body.type === 'page-late' || body.type === 'page-failed') return { ...nobody, groups: model.owners };
  // It has waited in the queue, and nobody looks at a message that has not changed for hours.
  if (body.type === 'closed' && model.state === 'queued' && actor?.id !== requester)
    return { ...nobody, people: asker };
  return nobody;
};

/** Ends that nothing was done in are no news for a channel. */
const loud: ReadonlySet<RolloutState> = new Set([
  'succeeded',
  'rolled-back',
  'aborted',
  'rolled-back-by-hand',
]);

/** What one event says in the thread, given what was known before it; `null`: nothing. Pure. */
export const threadLine = (model: LiveModel, event: StoredEvent): ThreadLine | null => {
  const said = sayEvent(model, event);
  if (said === null) return null;
  const until = said.until === null ? '' : `, until ${slackTime(said.until)}`;
  const then = said.then === null ? '' : `; then ${literal(said.then, 200)}`;
  const { body } = event;
  const broadcast =
    (body.type === 'state' && needsPerson(body.state) && body.state !== 'held') ||
    (body.type === 'closed' && loud.has(body.state)) ||
    (body.type === 'contract' && body.is !== 'expired');
  const where = broadcast ? `${literal(model.service, 64)} in ${literal(model.environment, 64)}: ` : '';
  return {
    text: `${slackTime(event.at)}  ${where}*${literal(said.word, 40)}* ${literal(said.text, 1500)}${until}${then}`,
    broadcast,
    calls: callsOf(model, event),
  };
};
