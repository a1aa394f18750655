import { sayState } from '../story/words.ts';
import type { Owed } from '../store/slack-requests.ts';
import type { SlackDeps } from './deps.ts';
import { once } from './once.ts';
import { literal } from './render/escape.ts';
import type { Mark } from './render/mark.ts';
import type { Outcome, Who } from './replies.ts';
import { told } from './replies.ts';
import { tell } from './story.ts';

/** Somebody takes the rollout's page on: what PagerDuty makes of it is said in the thread. Same key, same answer. */
export const acknowledge = (deps: SlackDeps, mark: Mark, who: Who, owed: Owed): Promise<Outcome> =>
  once(deps, who, owed, async () => {
    const { id, service, environment, state } = await deps.rollouts.find(mark.rolloutId);
    const where = `${literal(service, 64)} in ${literal(environment, 64)}`;
    const { page } = (await tell(deps.ledger, id, [])).model;
    if (page === 'acknowledged') return told(`*Not done.* The page about ${where} is acknowledged already.`);
    const isTaken = page === 'open' && (await deps.rollouts.acknowledge({ id, actor: who.actor }));
    return isTaken
      ? told(
          `*Done*: PagerDuty is told that you have the page about ${where}; the thread says it once it knows.`,
        )
      : told(`*Not done.* No page about ${where} is open; it is ${sayState(state)}.`);
  });
