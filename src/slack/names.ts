import type { KnownBlock } from '@slack/types';
import type { Ledger } from '../store/ledger.ts';
import type { StoredEvent } from '../store/views.ts';
import { literal } from './render/escape.ts';
import type { Reply } from './replies.ts';

// The chain keeps ids: a name can be erased, and one in a sentence of the chain could not be. It is put in where a
// sentence is shown.

/** The id of somebody whom `access.yml` does not name, as sentences have it. */
const anId = /\bslack:[UW][A-Z0-9]{2,30}\b/g;

type Names = ReadonlyMap<string, string>;

const named = (text: string, names: Names): string => text.replace(anId, (id) => names.get(id) ?? id);

/** Every string of plain data, with names in place of ids. */
const namedDeep = <T>(value: T, names: Names): T =>
  JSON.parse(JSON.stringify(value), (_, each: unknown) =>
    typeof each === 'string' ? named(each, names) : each,
  ) as T;

const nameless = ({ actor }: StoredEvent): readonly string[] =>
  actor === null || actor.name !== null ? [] : [actor.id];

/** Events with the names that people are known by, also in their sentences. What people wrote stays as it is. */
export const nameEvents = async (
  ledger: Pick<Ledger, 'names'>,
  events: readonly StoredEvent[],
): Promise<readonly StoredEvent[]> => {
  const ids = events.flatMap((event) => [
    ...(JSON.stringify(event.body).match(anId) ?? []),
    ...nameless(event),
  ]);
  if (ids.length === 0) return events;
  const names = await ledger.names(ids);
  return events.map((event) => ({
    ...event,
    body: namedDeep(event.body, names),
    actor:
      event.actor === null
        ? null
        : { ...event.actor, name: event.actor.name ?? names.get(event.actor.id) ?? null },
  }));
};

/** The same for what somebody is told. Its text is escaped already, and so are the names that come into it. */
export const nameReply = async (ledger: Pick<Ledger, 'names'>, reply: Reply): Promise<Reply> => {
  const ids = JSON.stringify([reply.text, reply.blocks ?? []]).match(anId);
  if (ids === null) return reply;
  const names = new Map([...(await ledger.names(ids))].map(([id, name]) => [id, literal(name, 60)]));
  const { blocks } = reply;
  return {
    ...reply,
    text: named(reply.text, names),
    ...(blocks === undefined ? {} : { blocks: blocks.map((block) => nameBlock(block, names)) }),
  };
};

/** Buttons are left alone: their values are said again as they are. */
const nameBlock = (block: KnownBlock, names: Names): KnownBlock =>
  block.type === 'section' || block.type === 'context' ? namedDeep(block, names) : block;
