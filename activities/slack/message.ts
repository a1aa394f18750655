import type { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import { calling, wordOf } from '../../src/slack/api.ts';
import type { Message } from '../../src/slack/render/message.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import type { SlackMessage } from '../../src/store/slack-messages.ts';

/** Names what a message of ours is about, so that one whose answer got lost is found again. */
export const rolloutMetadata = 'sluice_rollout';
export const lineMetadata = 'sluice_line';

/** Slack's words for a message or a channel that is no longer there to be edited. */
const gone: ReadonlySet<string> = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'channel_not_found',
  'thread_not_found',
]);

type Slack = { readonly slack: WebClient; readonly ledger: Ledger; readonly log: Logger };
export type Posted = SlackMessage & { readonly ts: string };

/** Edits the message, or posts it where there is none (any more). Key: rolloutId; found again by its metadata. */
export const show = async (deps: Slack, known: SlackMessage, message: Message): Promise<Posted> => {
  const { slack, ledger, log } = deps;
  const { rolloutId, channel } = known;
  const found = known.ts ?? (await lostMessage(slack, known));
  if (found !== null) {
    try {
      await calling('an edit', () => slack.chat.update({ channel, ts: found, ...message }));
      return await keep(deps, { ...known, ts: found });
    } catch (error) {
      if (!gone.has(wordOf(error) ?? '')) throw error;
      log.warn({ rolloutId, channel }, 'the message in Slack is gone; it is posted again');
    }
  }
  // Marked before it is posted: only then has one whose answer got lost to be looked for.
  await ledger.slack.keepMessage({ ...known, ts: null });
  const posted = await calling('a message', () =>
    slack.chat.postMessage({
      channel,
      ...message,
      unfurl_links: false,
      unfurl_media: false,
      metadata: { event_type: rolloutMetadata, event_payload: { rollout: rolloutId } },
    }),
  );
  return keep(deps, { ...known, ts: posted.ts ?? '', permalink: null, refused: null });
};

const keep = async ({ slack, ledger }: Slack, message: Posted): Promise<Posted> => {
  const { channel, ts, permalink } = message;
  const link =
    permalink ??
    (await calling('a link', () => slack.chat.getPermalink({ channel, message_ts: ts }))).permalink ??
    null;
  const kept = { ...message, permalink: link, refused: null };
  await ledger.slack.keepMessage(kept);
  return kept;
};

/** Looked for only where one was about to be posted before. */
const lostMessage = async (slack: WebClient, known: SlackMessage): Promise<string | null> => {
  if (known.revision === 0) return null;
  const { channel } = known;
  const { messages = [] } = await calling('a look at the channel', () =>
    slack.conversations.history({ channel, limit: 200, include_all_metadata: true }),
  );
  const ours = messages.find(({ metadata }) => {
    const payload: Readonly<Record<string, unknown>> = metadata?.event_payload ?? {};
    return metadata?.event_type === rolloutMetadata && payload['rollout'] === known.rolloutId;
  });
  return ours?.ts ?? null;
};

type Line = { readonly eventId: string; readonly text: string; readonly broadcast: boolean };

/**
 * Posts the lines that the thread has not got, in order. Key: rolloutId + event id; a line whose answer got lost is found
 * again by its metadata. @throws SluiceError SLACK_UNAVAILABLE at the time `until`, so that the rest is posted by the next try
 */
export const say = async (
  { slack, ledger }: Slack,
  { rolloutId, channel, ts }: Posted,
  lines: readonly Line[],
  hurry: () => void,
): Promise<void> => {
  const known = await ledger.slack.lines(rolloutId);
  const open = lines.filter(({ eventId }) => typeof known.get(eventId) !== 'string');
  const started = open.some(({ eventId }) => known.has(eventId));
  const there = started ? await linesThere(slack, channel, ts) : new Map<string, string>();
  for (const { eventId, text, broadcast } of open) {
    hurry();
    const before = there.get(eventId);
    if (before !== undefined) {
      await ledger.slack.keepLine(rolloutId, eventId, before);
      continue;
    }
    await ledger.slack.keepLine(rolloutId, eventId, null);
    const line = {
      ...{ channel, thread_ts: ts, text, unfurl_links: false, unfurl_media: false },
      metadata: { event_type: lineMetadata, event_payload: { rollout: rolloutId, event: eventId } },
    };
    const posted = await calling('a line of the thread', () =>
      broadcast ? slack.chat.postMessage({ ...line, reply_broadcast: true }) : slack.chat.postMessage(line),
    );
    await ledger.slack.keepLine(rolloutId, eventId, posted.ts ?? '');
  }
};

const linesThere = async (
  slack: WebClient,
  channel: string,
  ts: string,
): Promise<ReadonlyMap<string, string>> => {
  const { messages = [] } = await calling('a look at the thread', () =>
    slack.conversations.replies({ channel, ts, limit: 200, include_all_metadata: true }),
  );
  return new Map(
    messages.flatMap((message) => {
      const { metadata } = message as { readonly metadata?: { event_type?: string; event_payload?: object } };
      const payload: Readonly<Record<string, unknown>> = { ...metadata?.event_payload };
      const event = payload['event'];
      if (metadata?.event_type !== lineMetadata || typeof event !== 'string') return [];
      return message.ts === undefined ? [] : [[event, message.ts] as const];
    }),
  );
};
