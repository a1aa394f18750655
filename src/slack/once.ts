import { SluiceError } from '../../runbooks/errors.ts';
import { states } from '../../runbooks/state.ts';
import type { Owed } from '../store/slack-requests.ts';
import type { SlackDeps } from './deps.ts';
import { leased } from './lease.ts';
import type { Outcome, Who } from './replies.ts';
import { neverConfirmed, refusal, saidReply } from './replies.ts';

type Needs = Pick<SlackDeps, 'ledger' | 'log'>;

/**
 * What changes something is done once per id of Slack's: the same request again, by whoever sends it and whatever has
 * become of the rollout since, gets the answer that it had. While the ledger is away the keys below still hold; what was
 * never answered is done again under its key. `work` is told since when, where it may have been done before.
 */
export const once = (
  deps: Needs,
  who: Who,
  owed: Owed,
  work: (since: string | null) => Promise<Outcome>,
): Promise<Outcome> => {
  const here = atWork.get(deps) ?? new Map<string, Promise<Outcome>>();
  atWork.set(deps, here);
  const before = here.get(who.key);
  if (before !== undefined) return before;
  const outcome = onceHere(deps, who, owed, work).finally(() => here.delete(who.key));
  here.set(who.key, outcome);
  return outcome;
};

/**
 * What this process is at, by key: a copy that comes meanwhile waits for the same answer. It must not judge the request by
 * what the first has just done, and be the one whose answer stands.
 */
const atWork = new WeakMap<Needs, Map<string, Promise<Outcome>>>();

const onceHere = async (
  deps: Needs,
  { actor, key }: Who,
  owed: Owed,
  work: (since: string | null) => Promise<Outcome>,
): Promise<Outcome> => {
  const { ledger, log } = deps;
  const claimed = await ledger.slack.claim(key, owed).catch((error: unknown) => {
    log.warn({ error: String(error) }, 'a request of Slack is not remembered');
    return null;
  });
  if (claimed === null) return unremembered(await work(null));
  if (claimed.said !== null) return { is: 'told', reply: { text: claimed.said }, owed: key };
  const known = claimed.fresh ? null : await inInbox(deps, key);
  const outcome =
    known ??
    (await leased(deps, key, owed.leaseMs, () =>
      refusing(deps, { actor, key }, () => work(claimed.fresh ? null : claimed.at)),
    ));
  const { is, reply } = outcome;
  // What can be mended in a form or by a button is asked for again under another id.
  const lasting = is === 'told' && reply !== null && reply.blocks === undefined && reply.field === undefined;
  if (!lasting) return { ...outcome, owed: key };
  // Of copies that came at once the first answer stands: nobody is told two things about one request.
  const text = await ledger.slack.keepSaid(key, reply.text).catch((error: unknown) => {
    log.warn({ error: String(error) }, 'an answer to Slack is not remembered');
    return reply.text;
  });
  return { is, reply: { ...reply, text }, owed: key };
};

/** Nobody would come back to it. */
const unremembered = (outcome: Outcome): Outcome =>
  outcome.is === 'open' ? { is: 'told', reply: neverConfirmed(null) } : outcome;

/** What could not reach Temporal is said again from the inbox, and from nowhere else; `null`: it never stood there. */
const inInbox = async ({ ledger }: Needs, key: string): Promise<Outcome | null> => {
  const kept = await ledger.inboxCommand(key);
  const view = kept === null ? null : await ledger.rollout(kept.rolloutId);
  if (kept === null || view === null) return null;
  const { command, state, answer, rolloutId } = kept;
  if (state === 'waiting') return saidReply(command, view, { outcome: 'not-confirmed', rolloutId, key });
  if (state === 'refused')
    return {
      is: 'told',
      reply: refusal({ message: `${command} of ${view.service}: ${answer ?? 'refused'}` }),
    };
  const then = states.find((each) => each === answer) ?? view.state;
  return saidReply(command, view, {
    ...{ outcome: 'done', rolloutId, effect: 'way-back', started: null },
    state: then,
  });
};

/** A refusal is an answer like any other; that nobody could be asked is none, and it is not tried again behind the back
 * of who was told so. */
const refusing = async (
  { ledger, log }: Needs,
  { actor, key }: Who,
  work: () => Promise<Outcome>,
): Promise<Outcome> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SluiceError && !error.code.endsWith('_UNAVAILABLE')) {
      log.info({ code: error.code, actor: actor.id }, 'refused what was asked for in Slack');
      return { is: 'told', reply: refusal(error) };
    }
    try {
      await ledger.slack.settle(key);
    } catch (unsettled) {
      log.warn({ error: String(unsettled) }, 'a request of Slack that failed stays open');
      return { is: 'open', reply: neverConfirmed(null) };
    }
    throw error;
  }
};
