import { SluiceError } from '../../runbooks/errors.ts';
import type { SlackDeps } from './deps.ts';
import type { Outcome, Who } from './replies.ts';
import { refusal } from './replies.ts';

/**
 * What changes something is done once per id of Slack's: the same request again, by whoever sends it and whatever has
 * become of the rollout since, gets the answer that it had. While the ledger is away the keys below still hold; what was
 * never answered is done again under its key.
 */
export const once = async (
  { ledger, log }: SlackDeps,
  { actor, key }: Who,
  work: () => Promise<Outcome>,
): Promise<Outcome> => {
  const claimed = await ledger.slack.claim(key).catch((error: unknown) => {
    log.warn({ error: String(error) }, 'a request of Slack is not remembered');
    return null;
  });
  if (claimed?.said !== undefined && claimed.said !== null)
    return { is: 'told', reply: { text: claimed.said } };
  const outcome = await refusing(work, (code) => {
    log.info({ code, actor: actor.id }, 'refused what was asked for in Slack');
  });
  const { is, reply } = outcome;
  // What can be mended in a form or by a button is asked for again under another id.
  const lasting = is === 'told' && reply !== null && reply.blocks === undefined && reply.field === undefined;
  if (lasting && claimed !== null) {
    await ledger.slack.keepSaid(key, reply.text).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'an answer to Slack is not remembered');
    });
  }
  return outcome;
};

/** A refusal is an answer like any other; that nobody could be asked is none. */
const refusing = async (work: () => Promise<Outcome>, note: (code: string) => void): Promise<Outcome> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code.endsWith('_UNAVAILABLE')) throw error;
    note(error.code);
    return { is: 'told', reply: refusal(error) };
  }
};
