import type { Command, Effect } from '../../runbooks/state.ts';
import { judgeCommand, stateTable } from '../../runbooks/state.ts';
import { answered } from '../rollouts/heard.ts';
import { sayState } from '../story/words.ts';
import type { Owed } from '../store/slack-requests.ts';
import type { RolloutView } from '../store/views.ts';
import type { SlackDeps } from './deps.ts';
import { literal, slackTime } from './render/escape.ts';
import type { Mark } from './render/mark.ts';
import { markOf } from './render/mark.ts';
import { once } from './once.ts';
import type { Outcome, Who } from './replies.ts';
import { saidReply, told } from './replies.ts';

/** What takes back is never refused for a message that was a moment behind. */
export const takesBack = (command: Command): boolean => command === 'abort' || command === 'rollback';

/** One click: what it says is judged by what its message showed. Same key, same answer, one effect. */
export const click = (
  deps: SlackDeps,
  command: Command,
  mark: Mark,
  who: Who,
  owed: Owed,
  reason: string | null = null,
): Promise<Outcome> => once(deps, who, owed, (since) => clickNow(deps, command, mark, who, since, reason));

const clickNow = async (
  deps: SlackDeps,
  command: Command,
  mark: Mark,
  { actor, key }: Who,
  since: string | null,
  reason: string | null,
): Promise<Outcome> => {
  const view = await deps.rollouts.find(mark.rolloutId);
  // What became of the same click before: its process died, or is about to tell. It is not judged by its own effect.
  const before = since === null ? null : await answered(deps, view, key);
  if (before !== null) {
    // The view is older than what was heard.
    const { state } = await deps.rollouts.find(mark.rolloutId);
    return saidReply(command, view, { ...before, state });
  }
  const late = overtakenBy(command, mark, view);
  if (late !== null) return told(late);
  const asked = { id: view.id, command, actor, reason, key };
  // An answer is about one plan: that of the message, which is still the rollout's.
  const plan = isAnswer(command) && view.hash !== null ? { plan: view.hash } : {};
  // Between this look and the façade's the rollout may go on: `retry` of a way back must not become another deploy.
  const meant = effectOf(mark.state, command);
  const same = meant === null ? {} : { meant };
  return saidReply(command, view, await deps.rollouts.say({ ...asked, ...plan, ...same }));
};

/** What has happened since its message, where that is in the way; `null`: nothing is. */
export const overtakenBy = (command: Command, mark: Mark, view: RolloutView): string | null =>
  isOvertaken(command, mark, view) ? overtaken(command, view) : null;

/**
 * Whether the message showed something else than what is: another state or step, or a state in which the same word does
 * something else. Going back is going back, whatever the step.
 */
const isOvertaken = (command: Command, mark: Mark, view: RolloutView): boolean => {
  const meant = effectOf(mark.state, command);
  const now = effectOf(view.state, command);
  // An open rollout refuses by the façade, in its own words: the ledger may lag behind the message.
  if (meant === 'way-back') return view.endedAt !== null || (now !== 'way-back' && now !== null);
  const { state, step, plan } = markOf(view);
  return state !== mark.state || step !== mark.step || (isAnswer(command) && plan !== mark.plan);
};

/** What is said about a plan, and about no other. */
const isAnswer = (command: Command): boolean => command === 'approve' || command === 'deny';

const effectOf = (state: Mark['state'], command: Command): Effect | null => {
  const judged = judgeCommand(state, command);
  return 'effect' in judged ? judged.effect : null;
};

/** What has happened, by whom, when. */
const overtaken = (command: Command, view: RolloutView): string => {
  const where = `${literal(view.service, 64)} ${literal(view.version, 128)} in ${literal(view.environment, 64)}`;
  const last = view.commands.findLast(({ refusal }) => refusal === null);
  const who =
    last === undefined
      ? ''
      : ` Last: ${last.command} by ${literal(last.actor?.name ?? last.actor?.id ?? 'nobody', 60)}, ${slackTime(last.at)}.`;
  return `*Not done.* ${command} of ${where}: the message was a moment behind. It is ${sayState(view.state)} now (${literal(stateTable[view.state].says, 80)}).${who} Its message shows what it takes now.`;
};
