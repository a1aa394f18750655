import { SluiceError } from '../../runbooks/errors.ts';
import { pause } from '../pause.ts';
import type { Due } from '../store/slack-requests.ts';
import { attempted, standardAgainMs } from './answering.ts';
import type { SlackDeps } from './deps.ts';
import { hear } from './hear.ts';
import type { Heard } from './owed.ts';
import { askedSchema, inDoubt, replyToSchema } from './owed.ts';
import type { Outcome } from './replies.ts';
import { neverConfirmed } from './replies.ts';
import { tellAuthor } from './tell.ts';

/** Older than this, what would now surprise its author is not done any more; the way back always is. */
const staleMs = 60_000;
const atOnce = 50;
/** Longer than one try takes. */
const leaseMs = 40_000;

/** So much longer than otherwise until Slack is tried again. */
const awayTimes = 5;

/**
 * Looks after every answer that is owed, whoever heard the question, until `ended` is aborted: any number of processes
 * may. What is not confirmed is asked again under its key, and its author is told what has come of it.
 */
export const keepFollowing = async (deps: SlackDeps, ended: AbortSignal): Promise<void> => {
  while (!ended.aborted) {
    try {
      const due = await deps.ledger.slack.takeDue(leaseMs, atOnce);
      await Promise.all(due.map((each) => follow(deps, each)));
    } catch (error) {
      deps.log.warn({ error: String(error) }, 'answers are owed to people in Slack');
    }
    await pause(deps.againMs ?? standardAgainMs, { signal: ended, ref: false });
  }
};

const follow = async (deps: SlackDeps, due: Due): Promise<void> => {
  const { ledger, log } = deps;
  const asked = askedSchema.safeParse(due.asked);
  const replyTo = replyToSchema.safeParse(due.replyTo);
  if (!asked.success || !replyTo.success) return ledger.slack.settle(due.id);
  const againMs = deps.againMs ?? standardAgainMs;
  const heard = { asked: asked.data, replyTo: replyTo.data };
  try {
    const { is, reply } = await outcomeOf(deps, due, heard);
    if (is === 'open') {
      await ledger.slack.putOff(due.id, againMs);
      return;
    }
    if (reply !== null) await tellAuthor(deps, heard.replyTo, Date.parse(due.at), reply);
    await ledger.slack.settle(due.id);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'SLACK_REFUSED') {
      log.warn({ error: String(error) }, 'somebody in Slack could not be told yet');
      return ledger.slack.putOff(due.id, awayTimes * againMs);
    }
    log.warn({ error: String(error) }, 'somebody in Slack can not be told any more');
    await ledger.slack.settle(due.id);
  }
};

const outcomeOf = async (deps: SlackDeps, due: Due, heard: Heard): Promise<Outcome> => {
  if (due.said !== null) return { is: 'told', reply: { text: due.said } };
  const isStale = deps.clock() - Date.parse(due.at) > staleMs && inDoubt(heard.asked) === 'closed';
  // What stands in the inbox is answered there, also that it was not done in time.
  if (isStale && (await deps.ledger.inboxCommand(due.id)) === null) {
    const begun = await deps.ledger.rememberedBy(due.id);
    return { is: 'told', reply: neverConfirmed(begun?.rolloutId ?? null) };
  }
  return attempted(deps, async () => {
    try {
      return await hear(deps, heard);
    } catch (error) {
      // Who it is, and what stands in the ledger, can be asked again.
      const isAway = error instanceof SluiceError && /^(?:SLACK|LEDGER)_UNAVAILABLE$/.test(error.code);
      if (isAway) return { is: 'open', reply: neverConfirmed(null) };
      throw error;
    }
  });
};
