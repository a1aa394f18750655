import type { Actor } from '../../runbooks/access.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { EventBody, LedgerEvent } from '../../runbooks/events.ts';
import { canonicalJson } from '../../runbooks/runbook.ts';
import { hashText } from './chain.ts';
import { storableJson, storableText } from './plain.ts';
import type { StandingEvent } from './read-events.ts';

/** Longest id, key or name in characters: all of them stand in indexes, which have a limit of their own. */
const maxId = 200;
/** Largest event in characters of JSON. */
const maxEvent = 1024 * 1024;

const refuse = (message: string, hint: string): never => {
  throw new SluiceError({ code: 'USAGE', message, hint });
};

/**
 * An id as the ledger can keep it: unchanged.
 * @throws SluiceError USAGE
 */
export const checkId = (what: string, id: string): string => {
  if (id.length > 0 && id.length <= maxId && !/[\u0000-\u001f\u007f-\u009f\p{Surrogate}]/u.test(id))
    return id;
  return refuse(
    `The ledger can not keep this ${what}: ${JSON.stringify(id.slice(0, 60))}.`,
    `Give 1 to ${maxId} characters without control characters.`,
  );
};

/** @throws SluiceError USAGE unless it is UTC in ISO 8601 with milliseconds */
export const checkTime = (what: string, at: string): string => {
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at);
  // The round trip finds a 30 February; the year, what PostgreSQL has no place for.
  if (match && !at.startsWith('0000') && isSameTime(at)) return at;
  return refuse(
    `The ledger can not keep this ${what}: ${JSON.stringify(at.slice(0, 60))}.`,
    'Give the time in UTC as ISO 8601 with milliseconds, such as "2026-01-31T12:00:00.000Z".',
  );
};

const isSameTime = (at: string): boolean => {
  const time = new Date(at);
  return !Number.isNaN(time.getTime()) && time.toISOString() === at;
};

/**
 * The event as it will stand: storable, checked.
 * @throws SluiceError USAGE
 */
export const draftOf = (event: LedgerEvent): LedgerEvent => {
  const draft: LedgerEvent = {
    rolloutId: checkId('rollout id', event.rolloutId),
    id: checkId('event id', event.id),
    at: checkTime(`time of event ${event.id}`, event.at),
    // Storing changes characters, never the shape.
    actor: storableJson(event.actor, 'actor') as Actor | null,
    body: storableJson(event.body, 'body') as EventBody,
    texts: Object.fromEntries(
      Object.entries(event.texts).map(([name, text]) => [
        checkId('name of a text', name),
        storableText(text),
      ]),
    ),
  };
  for (const [what, name] of indexedNames(draft)) checkId(what, name);
  if (canonicalJson(draft).length <= maxEvent) return draft;
  return refuse(
    `Event ${draft.id} of rollout ${draft.rolloutId} is too large for the ledger.`,
    'Keep an event below 1 MiB: refer to large things by their hash.',
  );
};

const indexedNames = ({ actor, body }: LedgerEvent): readonly (readonly [string, string])[] => [
  ...(actor === null ? [] : [['id of an actor', actor.id] as const]),
  ...('service' in body ? [['service', body.service] as const] : []),
  ...('environment' in body ? [['environment', body.environment] as const] : []),
];

/**
 * Whether the draft says what already stands under its id. Not compared: the time (a caller that tries again has
 * another clock reading), the actor's groups (they may have changed since), and texts that were erased.
 */
export const isSameEvent = (draft: LedgerEvent, { event, textHashes, salts }: StandingEvent): boolean =>
  canonicalJson(draft.body) === canonicalJson(event.body) &&
  draft.actor?.id === event.actor?.id &&
  draft.actor?.via === event.actor?.via &&
  Object.keys(draft.texts).length === Object.keys(textHashes).length &&
  Object.entries(draft.texts).every(([name, text]) => {
    const hash = textHashes[name];
    const salt = salts[name] ?? null;
    return hash !== undefined && (salt === null || hashText(salt, text) === hash);
  });
