import type { Owed } from '../store/slack-requests.ts';
import type { SlackDeps } from './deps.ts';
import { once } from './once.ts';
import { literal } from './render/escape.ts';
import type { Mark } from './render/mark.ts';
import type { Outcome, Who } from './replies.ts';
import { told } from './replies.ts';
import { tell } from './story.ts';

/** Somebody approves that the database loses what the old version needed. Same key, same answer. */
export const approveContract = (
  deps: SlackDeps,
  mark: Mark,
  { actor, key }: Who,
  owed: Owed,
): Promise<Outcome> =>
  once(deps, { actor, key }, owed, async (since) => {
    const { id, service, environment } = await deps.rollouts.find(mark.rolloutId);
    const where = `${literal(service, 64)} in ${literal(environment, 64)}`;
    const { contract } = (await tell(deps.ledger, id, [])).model;
    // What this very click has done before is not held against it.
    if (contract === null && since === null)
      return told(`*Not done.* Nothing of ${where} waits for an approval any more.`);
    await deps.rollouts.say({ id, command: 'approve', actor, reason: null, key });
    return told(`*Done*: you approve the contract of ${where}; the thread says what comes of it.`);
  });
