import { Context } from '@temporalio/activity';
import { SluiceError } from '../runbooks/errors.ts';
import { calling, openSlack, wordOf } from '../src/slack/api.ts';
import type { Frame } from '../src/slack/render/message.ts';
import { callsAnybody, mentionsOf } from '../src/slack/mentions.ts';
import { renderMessage } from '../src/slack/render/message.ts';
import type { SlackMessage } from '../src/store/slack-messages.ts';
import type { AnnounceActivities, AnnounceInput } from '../workflows/telling.ts';
import type { Deps } from './deps.ts';
import { say, show } from './slack/message.ts';
import { tell } from '../src/slack/story.ts';
import type { Told } from '../src/slack/story.ts';

type Needs = Pick<Deps, 'ledger' | 'slack' | 'clock' | 'log'>;
type Calls = Needs & Pick<Deps, 'access'>;

/** An attempt ends itself before Temporal gives it up: two must never write at once. */
const attemptMs = 15_000;
/** A watch's numbers are shown this often at most, in ms. */
export const editEveryMs = 10_000;
/** What one live message takes of the 50 edits a minute that Slack allows a workspace, a few left for changes of state. */
export const editShareMs = 1_500;

/** Slack's words for a channel that can't be written to until somebody mends it. */
const closed: ReadonlySet<string> = new Set(['channel_not_found', 'not_in_channel', 'is_archived']);

/**
 * The rollout's message as it is now, and every line that its thread lacks, in order. Keys: rolloutId for the message,
 * rolloutId + event id for a line. What the ledger has not got yet comes from `news`.
 */
export const makeAnnounce =
  (deps: Calls): AnnounceActivities['announce'] =>
  async (input) => {
    const slack = await openSlack(deps.slack);
    const { ledger, clock, log } = deps;
    const begun = clock();
    const told = await tell(ledger, input.rolloutId, input.news);
    const known = await knownMessage(deps, input);
    const parts = { slack, ledger, log };
    try {
      const revision = Math.max(known.revision, input.revision);
      const shown = await show(parts, { ...known, revision }, renderMessage(told.model, frameOf(deps, told)));
      await say(parts, shown, await called(deps, told.lines), () => {
        if (clock() - begun > attemptMs) throw notDone();
      });
      return { message: { channel: shown.channel, ts: shown.ts, permalink: shown.permalink } };
    } catch (error) {
      const word = wordOf(error);
      if (word === null || !closed.has(word)) throw error;
      await ledger.slack.keepMessage({ ...known, refused: word });
      // Said once; the next announcement tries again.
      if (known.refused === word) return { message: null };
      throw error;
    }
  };

/** Lines with the people whom they call. Without an access file that can be used nobody is, and they are said all the same. */
const called = async ({ access }: Calls, lines: Told['lines']): Promise<Told['lines']> => {
  if (!lines.some(({ calls }) => callsAnybody(calls))) return lines;
  const state = await access.look();
  return lines.map((line) => {
    const mentions = mentionsOf(state, line.calls);
    return mentions === '' ? line : { ...line, text: `${line.text} ${mentions}` };
  });
};

const notDone = (): SluiceError =>
  new SluiceError({
    code: 'SLACK_UNAVAILABLE',
    message: 'The thread has more lines than one attempt may post.',
    details: { retryAfterMs: 1_000 },
  });

const knownMessage = async ({ ledger }: Needs, input: AnnounceInput): Promise<SlackMessage> => {
  const { rolloutId, slack, message } = input;
  const kept = await ledger.slack.message(rolloutId);
  if (kept !== null) return kept;
  const { channel, ts, permalink } = message ?? { channel: slack.channel, ts: null, permalink: null };
  return { rolloutId, channel, ts, permalink, revision: 0, refused: null };
};

const frameOf = ({ slack, clock }: Needs, { asOf }: Told): Frame => ({
  now: clock(),
  publicUrl: slack.publicUrl,
  buttons: slack.buttons,
  asOf,
});

/**
 * Edits the numbers of a watch now and then, until it is over or cancelled. Key: none; an edit shows what is, and the next
 * one shows the same or something newer.
 */
export const makeFollow =
  (deps: Needs & { readonly editEveryMs?: number }): AnnounceActivities['follow'] =>
  async (input) => {
    const context = Context.current();
    const slack = await openSlack(deps.slack);
    let last = '';
    for (;;) {
      const live = await deps.ledger.slack.live();
      await pause(context, deps.editEveryMs ?? Math.max(editEveryMs, live * editShareMs));
      const told = await tell(deps.ledger, input.rolloutId, []);
      if (told.model.state !== 'watching') return;
      const kept = await deps.ledger.slack.message(input.rolloutId);
      if (kept === null || kept.ts === null) return;
      const { channel, ts } = kept;
      const message = renderMessage(told.model, frameOf(deps, told));
      const shown = JSON.stringify(message);
      if (shown === last || context.cancellationSignal.aborted) continue;
      last = shown;
      try {
        await calling('an edit', () => slack.chat.update({ channel, ts, ...message }));
      } catch (error) {
        const after = error instanceof SluiceError ? error.details?.['retryAfterMs'] : undefined;
        if (typeof after !== 'number') throw error;
        await pause(context, after);
      }
    }
  };

/** Heartbeats while it waits, so that a cancelled one hears of it. */
const pause = async (context: Context, ms: number): Promise<void> => {
  const beatMs = (context.info.heartbeatTimeoutMs ?? 15_000) / 3;
  for (let left = ms; left > 0; left -= beatMs) {
    context.heartbeat();
    await context.sleep(Math.min(left, beatMs));
  }
};
