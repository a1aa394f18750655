import type { Kysely } from 'kysely';
import { checkId } from './draft.ts';
import type { Database } from './schema.ts';
import type { Answered, Claimed, Due, Owed } from './slack-requests.ts';
import {
  answerRequests,
  claimOf,
  claimRequests,
  forgetRequests,
  putOff,
  settleRequests,
  takeDue,
} from './slack-requests.ts';
import { together } from './together.ts';

/** The message of one rollout, as it was told last. */
export type SlackMessage = {
  readonly rolloutId: string;
  readonly channel: string;
  /** `null`: one was about to be posted, and may have been. */
  readonly ts: string | null;
  readonly permalink: string | null;
  /** Rises with every edit. */
  readonly revision: number;
  /** Why the channel can't be written to, in Slack's word; `null`: it can. */
  readonly refused: string | null;
};

/** What must be known of Slack when the process that knew it is gone. Not chained: messages are no history. */
export type SlackStore = {
  message(rolloutId: string): Promise<SlackMessage | null>;
  keepMessage(message: SlackMessage): Promise<void>;
  /** Lines of its thread by the id of their event; `null`: it was about to be posted, and may have been. */
  lines(rolloutId: string): Promise<ReadonlyMap<string, string | null>>;
  keepLine(rolloutId: string, eventId: string, ts: string | null): Promise<void>;
  /** Messages of rollouts that are open: how many are edited now and then. */
  live(): Promise<number>;
  /** Takes note of a request under Slack's id, and of the answer that is owed to it. */
  claim(id: string, owed: Owed): Promise<Claimed>;
  /** Keeps the answer to a request, unless it has one; returns the one that stands. */
  keepSaid(id: string, said: string): Promise<string>;
  /** Its author has been told: nothing is owed any more, and what was asked is forgotten. */
  settle(id: string): Promise<void>;
  /** Looked at again in `ms`. */
  putOff(id: string, ms: number): Promise<void>;
  /** Answers that are due, the longest first; nobody else is given them for `ms`. At most `limit`. */
  takeDue(ms: number, limit: number): Promise<readonly Due[]>;
};

type Reach = <T>(work: () => Promise<T>) => Promise<T>;

const forgetEveryMs = 60_000;

/** Calls of a burst are one statement: Slack waits three seconds for each of its two hundred commands at once. */
const inBursts = (db: Kysely<Database>): Pick<SlackStore, 'claim' | 'keepSaid' | 'settle'> => {
  let forgetAtMs = 0;
  const claim = together(async (claims: readonly ReturnType<typeof claimOf>[]) => {
    if (performance.now() >= forgetAtMs) {
      await forgetRequests(db);
      forgetAtMs = performance.now() + forgetEveryMs;
    }
    return claimRequests(db, claims);
  });
  const keepSaid = together((answers: readonly Answered[]) => answerRequests(db, answers));
  const settle = together((ids: readonly string[]) => settleRequests(db, ids));
  return {
    claim: async (id, owed) => claim(claimOf(id, owed)),
    keepSaid: (id, said) => keepSaid({ id, said }),
    settle: async (id) => settle(id),
  };
};

export const slackStore = (db: Kysely<Database>, reach: Reach): SlackStore => {
  const bursts = inBursts(db);
  return {
    message: (rolloutId) => reach(() => readMessage(db, rolloutId)),
    keepMessage: (message) => reach(() => keepMessage(db, message)),
    lines: (rolloutId) => reach(() => readLines(db, rolloutId)),
    keepLine: (rolloutId, eventId, ts) => reach(() => keepLine(db, rolloutId, eventId, ts)),
    live: () => reach(() => countLive(db)),
    claim: (id, owed) => reach(() => bursts.claim(id, owed)),
    keepSaid: (id, said) => reach(() => bursts.keepSaid(id, said)),
    settle: (id) => reach(() => bursts.settle(id)),
    putOff: (id, ms) => reach(() => putOff(db, id, ms)),
    takeDue: (ms, limit) => reach(() => takeDue(db, ms, limit)),
  };
};

const readMessage = async (db: Kysely<Database>, rolloutId: string): Promise<SlackMessage | null> => {
  const row = await db
    .selectFrom('slack_messages')
    .selectAll()
    .where('rollout_id', '=', rolloutId)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { rollout_id, ...rest } = row;
  return { rolloutId: rollout_id, ...rest };
};

const keepMessage = async (db: Kysely<Database>, message: SlackMessage): Promise<void> => {
  const { rolloutId, ...rest } = message;
  await db
    .insertInto('slack_messages')
    .values({ rollout_id: checkId('rollout id', rolloutId), ...rest })
    .onConflict((conflict) => conflict.column('rollout_id').doUpdateSet(rest))
    .execute();
};

const readLines = async (
  db: Kysely<Database>,
  rolloutId: string,
): Promise<ReadonlyMap<string, string | null>> => {
  const rows = await db
    .selectFrom('slack_lines')
    .select(['event_id', 'ts'])
    .where('rollout_id', '=', rolloutId)
    .execute();
  return new Map(rows.map((row) => [row.event_id, row.ts]));
};

const keepLine = async (
  db: Kysely<Database>,
  rolloutId: string,
  eventId: string,
  ts: string | null,
): Promise<void> => {
  await db
    .insertInto('slack_lines')
    .values({ rollout_id: rolloutId, event_id: checkId('event id', eventId), ts })
    .onConflict((conflict) => conflict.columns(['rollout_id', 'event_id']).doUpdateSet({ ts }))
    .execute();
};

const countLive = async (db: Kysely<Database>): Promise<number> => {
  const { live } = await db
    .selectFrom('slack_messages')
    .innerJoin('rollouts', 'rollouts.id', 'slack_messages.rollout_id')
    .select((select) => select.fn.countAll().as('live'))
    .where('rollouts.open', '=', true)
    .where('slack_messages.ts', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(live);
};
