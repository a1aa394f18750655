import { SluiceError } from '../../runbooks/errors.ts';
import { calling, openSlack, wordOf } from './api.ts';
import type { SlackDeps } from './deps.ts';
import type { ReplyTo } from './owed.ts';
import { answerView } from './render/form.ts';
import type { Reply } from './replies.ts';

/** Slack takes answers at a request's own address for half an hour. */
const addressMs = 29 * 60_000;
const answerMs = 10_000;

export const ephemeral = (reply: Reply) => ({ response_type: 'ephemeral', ...reply }) as const;

/**
 * Tells its author, and nobody else, what has come of something that was asked at `at` (ms since the epoch).
 * @throws SluiceError SLACK_UNAVAILABLE where the same call later may reach them, SLACK_REFUSED
 */
export const tellAuthor = async (
  deps: SlackDeps,
  replyTo: ReplyTo,
  at: number,
  reply: Reply,
): Promise<void> => {
  if (replyTo.by === 'view') return tellInView(deps, replyTo, reply);
  if (deps.clock() - at < addressMs) return tellAt(replyTo.url, reply);
  const { channelId: channel, userId: user } = replyTo;
  if (channel === null) return;
  const slack = await openSlack(deps.settings);
  await calling('the answer', () => slack.chat.postEphemeral({ channel, user, ...reply }));
};

/** In the place of the form; who has closed it hears of it in a message of the app to them alone. */
const tellInView = async (
  deps: SlackDeps,
  { viewId, userId }: Extract<ReplyTo, { readonly by: 'view' }>,
  { text }: Reply,
): Promise<void> => {
  const slack = await openSlack(deps.settings);
  try {
    const view = answerView({ text });
    await calling('the answer', () => slack.views.update({ view_id: viewId, view }));
  } catch (error) {
    if (wordOf(error) !== 'not_found') throw error;
    await calling('the answer', () => slack.chat.postMessage({ channel: userId, text }));
  }
};

const tellAt = async (url: string, reply: Reply): Promise<void> => {
  const { field: _, ...message } = reply;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...ephemeral(message), replace_original: false }),
    signal: AbortSignal.timeout(answerMs),
  }).catch((error: unknown) => {
    throw new SluiceError(
      { code: 'SLACK_UNAVAILABLE', message: 'Slack did not take an answer.' },
      { cause: error },
    );
  });
  await response.body?.cancel();
  if (response.ok) return;
  throw new SluiceError({
    code: response.status === 429 || response.status >= 500 ? 'SLACK_UNAVAILABLE' : 'SLACK_REFUSED',
    message: `Slack did not take an answer: ${String(response.status)}.`,
  });
};
