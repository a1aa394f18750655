import { SluiceError } from '../../runbooks/errors.ts';
import type { SlackDeps } from './deps.ts';
import type { Outcome, Reply } from './replies.ts';
import { nameReply } from './names.ts';
import { neverConfirmed, notYet, refusal } from './replies.ts';
import { within } from '../within.ts';
import { pause } from '../pause.ts';

/** Slack gives up after three seconds; the network takes its share. */
const standardAckMs = 2_000;
const standardAgainMs = 2_000;
/** Below the minute after which what waits in the inbox is answered "not done". */
const forMs = 50_000;

/** How one person is told: once in the answer to Slack's request, and once more afterwards. */
export type Channel = {
  ack(reply: Reply | null): Promise<void>;
  later(reply: Reply): Promise<void>;
};

/**
 * Does what was asked for and answers in time: with what came of it, or "not confirmed yet" and later the outcome.
 * `work` has a fixed key and is done again until it is confirmed; it acts once.
 */
export const answer = async (
  deps: SlackDeps,
  channel: Channel,
  ended: AbortSignal,
  work: () => Promise<Outcome>,
): Promise<void> => {
  const attempt = async (): Promise<Outcome> => named(deps, await attempted(deps, work));
  const first = attempt();
  const early = await within(deps.ackMs ?? standardAckMs, first);
  await channel.ack(early === null ? notYet : early.reply);
  if (early?.is === 'told') return;
  const last = await confirmed(await first, attempt, deps.againMs ?? standardAgainMs, ended);
  if (last !== null) await channel.later(last);
};

const confirmed = async (
  first: Outcome,
  attempt: () => Promise<Outcome>,
  againMs: number,
  ended: AbortSignal,
): Promise<Reply | null> => {
  const until = Date.now() + forMs;
  for (let now = first; ; now = await attempt()) {
    if (now.is === 'told') return now.reply;
    if (Date.now() + againMs > until) return neverConfirmed(null);
    await pause(againMs, { signal: ended, ref: false });
    if (ended.aborted) return null;
  }
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
const attempted = async ({ log }: SlackDeps, work: () => Promise<Outcome>): Promise<Outcome> => {
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
