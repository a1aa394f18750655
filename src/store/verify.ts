import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import { chainBegin, hashEvent, hashText } from './chain.ts';
import type { ChainContent } from './chain.ts';
import { readHead } from './read-events.ts';
import type { Database } from './schema.ts';
import type { ChainHead, ChainReport } from './views.ts';

/** Rows per query: a runbook is some 10 kB. */
const page = 200;

/**
 * Reads the chain from its beginning to where it ended when the reading began, and computes every hash anew.
 * Finds: a row that was changed, taken out, put in or cut off at the end; a text that is not the one that was
 * written, or that is gone without having been erased.
 */
export const verifyChain = async (db: Kysely<Database>): Promise<ChainReport> => {
  const end = await readHead(db);
  let head: ChainHead = { position: 0, hash: chainBegin };
  while (head.position < end.position) {
    const links = await readLinks(db, head.position, end.position);
    if (links.length === 0) return broken(head, 'it is missing, with all that followed');
    for (const link of links) {
      const why = faultOf(link, head);
      if (why !== null) return broken(head, why);
      head = { position: link.position, hash: link.hash };
    }
  }
  if (head.hash !== end.hash) return broken({ ...head, position: head.position - 1 }, 'it was replaced');
  if (await isLonger(db)) return broken(head, 'it was put in behind the end of the chain');
  return { ok: true, events: head.position, head };
};

/** `head`: the last event that is whole. */
const broken = (head: ChainHead, why: string): ChainReport => ({
  ok: false,
  events: head.position,
  position: head.position + 1,
  why,
});

type Link = ChainContent & {
  readonly previousHash: string;
  readonly hash: string;
  readonly texts: readonly Selectable<Database['texts']>[];
};

const readLinks = async (db: Kysely<Database>, after: number, upTo: number): Promise<readonly Link[]> => {
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('position', '>', after)
    .where('position', '<=', upTo)
    .orderBy('position')
    .limit(page)
    .execute();
  const texts = await db
    .selectFrom('texts')
    .innerJoin('events', (join) =>
      join
        .onRef('events.rollout_id', '=', 'texts.rollout_id')
        .onRef('events.event_id', '=', 'texts.event_id'),
    )
    .selectAll('texts')
    .where('position', '>', after)
    .where('position', '<=', rows.at(-1)?.position ?? after)
    .execute();
  return rows.map((row) => ({
    position: row.position,
    rolloutId: row.rollout_id,
    id: row.event_id,
    at: row.at,
    actor: row.actor,
    body: row.body,
    textHashes: row.text_hashes,
    previousHash: row.previous_hash,
    hash: row.hash,
    texts: texts.filter((text) => text.rollout_id === row.rollout_id && text.event_id === row.event_id),
  }));
};

const faultOf = (link: Link, head: ChainHead): string | null => {
  const { previousHash, hash, texts, ...content } = link;
  if (link.position !== head.position + 1) return 'it is missing';
  if (previousHash !== head.hash) return 'it does not continue the event before it';
  if (hashEvent(previousHash, content) !== hash) return 'its content is not what its hash was made of';
  const extra = texts.find((text) => !Object.hasOwn(link.textHashes, text.name));
  if (extra !== undefined) return `its text "${extra.name}" was added later`;
  for (const [name, textHash] of Object.entries(link.textHashes)) {
    const found = texts.find((text) => text.name === name);
    if (found === undefined) return `its text "${name}" is gone, and was not erased`;
    if (found.text === null || found.salt === null) continue;
    if (hashText(found.salt, found.text) !== textHash) return `its text "${name}" is not the one written`;
  }
  return null;
};

/** Whether events stand behind the noted end; one statement, because others may be writing. */
const isLonger = async (db: Kysely<Database>): Promise<boolean> => {
  const result = await sql<{ longer: boolean }>`
    select exists (
      select from events where position > (select (value ->> 'position')::bigint from meta where key = 'head')
    ) as longer`.execute(db);
  return result.rows[0]?.longer === true;
};
