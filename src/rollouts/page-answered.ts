import type { Actor } from '../../runbooks/access.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { LedgerEvent } from '../../runbooks/events.ts';
import type { PageAnswer } from '../../runbooks/paging/events.ts';
import { readIncident } from '../../runbooks/paging/incident.ts';
import { tellDelivery } from './delivery.ts';
import type { RolloutsDeps } from './deps.ts';
import { isUnanswered } from './temporal-errors.ts';

/** What somebody did with an incident in PagerDuty. */
export type PageAnswered = {
  /** Of the delivery, the same for each try of it: heard twice, it is written once. */
  readonly webhookId: string;
  readonly incident: string;
  readonly answer: PageAnswer;
  /** ISO 8601 with milliseconds. */
  readonly at: string;
  readonly actor: Actor;
  /** The name that people know; kept where it can be erased. */
  readonly name: string | null;
  readonly url: string | null;
};

/**
 * Writes the answer into the story of every rollout that the incident is about, and tells those who are told of it.
 * Returns their ids; none: the incident is not one of ours.
 * @throws SluiceError LEDGER_UNAVAILABLE, TEMPORAL_UNAVAILABLE: the same call later does what is missing
 */
export const pageAnswered = async (
  deps: RolloutsDeps,
  answered: PageAnswered,
): Promise<readonly string[]> => {
  const { incident, actor, name } = answered;
  const ids = await rolloutsOf(deps, incident);
  if (ids.length > 0 && name !== null) await deps.ledger.rememberActor(actor, name);
  for (const rolloutId of ids) await tell(deps, eventOf(rolloutId, answered));
  return ids;
};

const rolloutsOf = async ({ ledger }: RolloutsDeps, incident: string): Promise<readonly string[]> => {
  const of = readIncident(incident);
  if (of === null) return [];
  if (of.of === 'source') return ledger.rolloutsOfIncident(incident);
  return (await ledger.rollout(of.rolloutId)) === null ? [] : [of.rolloutId];
};

const eventOf = (rolloutId: string, answered: PageAnswered): LedgerEvent => {
  const { webhookId, incident, answer, at, actor, url } = answered;
  const body = { type: 'page-answered' as const, incident, answer, url };
  return { rolloutId, id: `pagerduty/${webhookId}`, at, actor, body, texts: {} };
};

const tell = async (deps: RolloutsDeps, event: LedgerEvent): Promise<void> => {
  await deps.ledger.append([event]);
  try {
    await tellDelivery(deps, event);
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    throw new SluiceError(
      { code: 'TEMPORAL_UNAVAILABLE', message: 'It is written down; nobody could be told of it yet.' },
      { cause: error },
    );
  }
};
