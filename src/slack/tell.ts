import { SluiceError } from '../../runbooks/errors.ts';
import { calling, openSlack } from './api.ts';
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
  if (replyTo.by === 'view') {
    const slack = await openSlack(deps.settings);
    const view = answerView({ text: reply.text });
    await calling('the answer', () => slack.views.update({ view_id: replyTo.viewId, view }));
    return;
  }
  if (deps.clock() - at < addressMs) return tellAt(replyTo.url, reply);
  const { channelId: channel, userId: user } = replyTo;
  if (channel === null) return;
  const slack = await openSlack(deps.settings);
  await calling('the answer', () => slack.chat.postEphemeral({ channel, user, ...reply }));
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
