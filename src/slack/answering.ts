import { SluiceError } from '../../runbooks/errors.ts';
import type { SlackDeps } from './deps.ts';
import type { Outcome, Reply } from './replies.ts';
import { nameReply } from './names.ts';
import { notYet, refusal } from './replies.ts';
import { within } from '../within.ts';

/** Slack gives up after three seconds; the network takes its share. */
const standardAckMs = 2_000;
export const standardAgainMs = 2_000;

/** How one person is told: once in the answer to Slack's request, and once more afterwards. */
export type Channel = {
  ack(reply: Reply | null): Promise<void>;
  later(reply: Reply): Promise<void>;
};

/**
 * Does what was asked for and answers in time: with what came of it, or "not confirmed yet". What is open then is owed
 * (`follow.ts`), also where this process dies before it has told.
 */
export const answer = async (
  deps: SlackDeps,
  channel: Channel,
  work: () => Promise<Outcome>,
): Promise<void> => {
  const first = attempted(deps, work);
  const early = await within(deps.ackMs ?? standardAckMs, first);
  await channel.ack(early === null ? notYet : early.reply);
  const last = await first;
  if (early === null && last.is === 'told' && last.reply !== null) await channel.later(last.reply);
  if (last.owed === undefined) return;
  if (last.is === 'told') await deps.ledger.slack.settle(last.owed);
  else await deps.ledger.slack.putOff(last.owed, deps.againMs ?? standardAgainMs);
};

/** While the ledger is away people are told by id: an answer does not wait for a name. */
const named = async ({ ledger, log }: SlackDeps, outcome: Outcome): Promise<Outcome> => {
  if (outcome.reply === null) return outcome;
  try {
    return { ...outcome, reply: await nameReply(ledger, outcome.reply) };
  } catch (error) {
    log.warn({ error: String(error) }, 'names are not known now');
    return outcome;
  }
};

/** What is refused is told as such; what is wrong with Sluice itself is logged, too. */
export const attempted = async (deps: SlackDeps, work: () => Promise<Outcome>): Promise<Outcome> =>
  named(deps, await outcomeOf(deps, work));

const outcomeOf = async ({ log }: SlackDeps, work: () => Promise<Outcome>): Promise<Outcome> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SluiceError) {
      log.info({ code: error.code }, 'refused what was asked for in Slack');
      return { is: 'told', reply: refusal(error) };
    }
    log.error({ error: String(error) }, 'what was asked for in Slack failed');
    return {
      is: 'told',
      reply: refusal({
        message: 'Sluice itself failed; whether it was done is not known.',
        hint: '/deploy status shows what is open; the daemon’s log has the reason.',
      }),
    };
  }
};
