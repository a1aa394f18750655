import { parseDuration, sayDuration } from '../../runbooks/units.ts';
import type { GuardWords } from '../grammar/requests.ts';
import { resolveGuard } from '../grammar/resolve.ts';
import { write } from '../grammar/write.ts';
import type { PlacedLock } from '../rollouts/locks.ts';
import type { LockView } from '../store/views.ts';
import type { SlackDeps } from './deps.ts';
import { literal, slackTime } from './render/escape.ts';
import type { Outcome, Who } from './replies.ts';
import { misreadReply, told } from './replies.ts';
import { knownPlaces } from './services.ts';

/** `/deploy lock` and `/deploy unlock`: one call of the façade; the answer says what holds now and how it is undone. */
export const guard = async (deps: SlackDeps, asked: GuardWords, { actor }: Who): Promise<Outcome> => {
  const known = await knownPlaces(deps);
  const read = resolveGuard(asked, known);
  if ('misread' in read) return misreadReply('/deploy', read.misread);
  const { ask, service, environment, lasts, reason } = read.request;
  const place = { service, environment };
  if (ask === 'lock') {
    const forMs = lasts === null ? null : parseDuration(lasts);
    return lockedReply(await deps.rollouts.lock({ ...place, forMs, reason, actor }), forMs);
  }
  await deps.rollouts.unlock({ ...place, reason, actor });
  const environments = known.find((entry) => entry.service === service)?.environments ?? [];
  return unlockedReply(place, await stillLocked(deps, place, environments));
};

type Place = Pick<LockView, 'service' | 'environment'>;

const at = ({ service, environment }: Place): string =>
  environment === null
    ? `${literal(service, 64)}, all its environments`
    : `${literal(service, 64)} in ${literal(environment, 64)}`;

/** How the opposite is said. */
const undoing = (ask: 'lock' | 'unlock', place: Place): string =>
  `\`/deploy ${literal(write({ ask, ...place, lasts: null, reason: '…', loose: false }), 200)}\``;

const lockedReply = (lock: PlacedLock, forMs: number | null): Outcome => {
  const until =
    lock.until === null || forMs === null
      ? 'until somebody unlocks it'
      : `for ${sayDuration(forMs)}, until ${slackTime(lock.until)}`;
  return told(
    [
      `*Locked*: ${at(lock)}, ${until}. Why: ${literal(lock.reason, 1000)}`,
      ...(lock.replaces === null ? [] : [`It takes the place of a lock ${sayWhose(lock.replaces)}`]),
      'No new deploy begins there. What runs goes on; abort and rollback are never locked.',
      `To undo it: ${undoing('unlock', lock)}`,
    ].join('\n'),
  );
};

/** Another lock may hold in the same place: of the whole service, or of one of its environments. */
const stillLocked = async (
  { ledger, clock }: SlackDeps,
  { service, environment }: Place,
  environments: readonly string[],
): Promise<readonly LockView[]> => {
  const now = new Date(clock()).toISOString();
  const places = environment === null ? environments : [environment];
  const found = await Promise.all(places.map((name) => ledger.locks(service, name, now)));
  const locks = new Map(found.flat().map((lock) => [lock.environment, lock]));
  return [...locks.values()];
};

const sayWhose = ({ actor, reason, until }: LockView): string =>
  `by ${literal(actor.id, 60)}${until === null ? '' : ` until ${slackTime(until)}`}: ${literal(reason, 200)}.`;

const unlockedReply = (place: Place, left: readonly LockView[]): Outcome => {
  const still = left
    .slice(0, 10)
    .map((lock) => `Still locked: ${at(lock)}, ${sayWhose(lock)} ${undoing('unlock', lock)}`);
  return told(
    [
      `*Unlocked*: ${at(place)}.${left.length === 0 ? ' Deploys may begin again.' : ''}`,
      ...still,
      `To undo it: ${undoing('lock', place)}`,
    ].join('\n'),
  );
};
