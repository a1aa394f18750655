import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import type { Runbook } from '../../runbooks/runbook.ts';
import type { RolloutFilter } from './ledger.ts';
import { actorsOf, pageView, readPages } from './pages.ts';
import { readNames, withName } from './read-events.ts';
import type {
  CommandTable,
  Database,
  PageTable,
  RolloutTable,
  StepTable,
  VerdictTable,
  WatchTable,
} from './schema.ts';
import type { CommandView, HeardView, RolloutView, StepView, WatchView } from './views.ts';

export const readRollout = async (db: Kysely<Database>, id: string): Promise<RolloutView | null> => {
  const rows = await db.selectFrom('rollouts').selectAll().where('id', '=', id).execute();
  const views = await rolloutViews(db, rows);
  return views[0] ?? null;
};

/** Newest request first. */
export const readRollouts = async (
  db: Kysely<Database>,
  filter: RolloutFilter,
): Promise<readonly RolloutView[]> => {
  let query = db.selectFrom('rollouts').selectAll();
  if (filter.service !== undefined) query = query.where('service', '=', filter.service);
  if (filter.environment !== undefined) query = query.where('environment', '=', filter.environment);
  if (filter.open !== undefined) query = query.where('open', '=', filter.open);
  const { before } = filter;
  if (before !== undefined) {
    query = query.where('requested_position', '<', (last) =>
      last.selectFrom('rollouts').select('requested_position').where('id', '=', before),
    );
  }
  return rolloutViews(db, await query.orderBy('requested_position', 'desc').limit(filter.limit).execute());
};

/** All that are open, oldest first. */
export const readOpenRollouts = async (db: Kysely<Database>): Promise<readonly RolloutView[]> => {
  const query = db.selectFrom('rollouts').selectAll().where('open', '=', true).orderBy('requested_position');
  return rolloutViews(db, await query.execute());
};

export const readRunbook = async (db: Kysely<Database>, rolloutId: string): Promise<Runbook | null> => {
  const row = await db
    .selectFrom('events')
    .select('body')
    .where('rollout_id', '=', rolloutId)
    .where('type', '=', 'planned')
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.body.type === 'planned' ? row.body.runbook : null;
};

/** `Ledger.heard`. */
export const readHeard = async (
  db: Kysely<Database>,
  rolloutId: string,
  key: string,
): Promise<HeardView | null> => {
  const row = await db
    .selectFrom('commands')
    .innerJoin('events', 'events.position', 'commands.position')
    .select(['commands.effect', 'commands.refusal'])
    .where('commands.rollout_id', '=', rolloutId)
    .where(sql<string>`events.body ->> 'key'`, '=', key)
    .executeTakeFirst();
  return row ?? null;
};

type Parts = {
  readonly steps: readonly Selectable<StepTable>[];
  readonly watches: readonly Selectable<WatchTable>[];
  readonly verdicts: readonly Selectable<VerdictTable>[];
  readonly commands: readonly Selectable<CommandTable>[];
  readonly pages: readonly Selectable<PageTable>[];
  /** Reasons by rollout and event. */
  readonly reasons: ReadonlyMap<string, string | null>;
  readonly names: ReadonlyMap<string, string | null>;
};

/** The same number of queries for one rollout and for a page of them. */
const rolloutViews = async (
  db: Kysely<Database>,
  rollouts: readonly Selectable<RolloutTable>[],
): Promise<readonly RolloutView[]> => {
  const ids = rollouts.map((row) => row.id);
  if (ids.length === 0) return [];
  const steps = await db
    .selectFrom('steps')
    .selectAll()
    .where('rollout_id', 'in', ids)
    .orderBy('index')
    .execute();
  const watches = await db
    .selectFrom('watches')
    .selectAll()
    .where('rollout_id', 'in', ids)
    .orderBy('watch')
    .execute();
  const verdicts = await db
    .selectFrom('verdicts')
    .selectAll()
    .where('rollout_id', 'in', ids)
    .orderBy('position')
    .execute();
  const commands = await db
    .selectFrom('commands')
    .selectAll()
    .where('rollout_id', 'in', ids)
    .orderBy('position')
    .execute();
  const texts = await db
    .selectFrom('texts')
    .select(['rollout_id', 'event_id', 'text'])
    .where('rollout_id', 'in', ids)
    .where('name', '=', 'reason')
    .execute();
  const pages = await readPages(db, ids);
  const actors = [...[...rollouts, ...commands].map((row) => row.actor), ...actorsOf(pages)]
    .map((actor) => actor?.id)
    .filter((id) => id !== undefined);
  const parts: Parts = {
    steps,
    watches,
    verdicts,
    commands,
    pages,
    reasons: new Map(texts.map((row) => [reasonKey(row.rollout_id, row.event_id), row.text])),
    names: await readNames(db, actors),
  };
  return rollouts.map((row) => rolloutView(row, parts));
};

/** Ids hold no control characters. */
const reasonKey = (rolloutId: string, eventId: string): string => `${rolloutId}\n${eventId}`;

const rolloutView = (row: Selectable<RolloutTable>, parts: Parts): RolloutView => {
  const mine = (part: { readonly rollout_id: string }): boolean => part.rollout_id === row.id;
  const steps = parts.steps.filter(mine).map(stepView);
  const verdicts = parts.verdicts.filter(mine);
  return {
    id: row.id,
    kind: row.kind,
    service: row.service,
    environment: row.environment,
    version: row.version,
    digest: row.digest,
    from: row.from_release,
    state: row.state,
    until: row.until,
    next: row.next,
    actor: withName(row.actor, parts.names),
    reason: parts.reasons.get(reasonKey(row.id, row.requested_event)) ?? null,
    of: row.of_rollout,
    requestedAt: row.requested_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    hash: row.hash,
    epoch: row.epoch,
    warnings: row.warnings,
    steps,
    watches: parts.watches.filter(mine).map((watch) => watchView(watch, steps, verdicts)),
    commands: parts.commands.filter(mine).map((command) => commandView(command, parts)),
    pages: parts.pages.filter(mine).map((page) => pageView(page, parts.names)),
    cause: row.cause,
    actions: row.actions,
    trafficBackMs: row.traffic_back_ms,
    recovered: row.recovered,
    verified: row.verified,
    sentence: row.sentence,
    byHand: row.by_hand,
    problems: row.problems,
    position: row.position,
  };
};

const stepView = (row: Selectable<StepTable>): StepView => ({
  index: row.index,
  kind: row.kind,
  title: row.title,
  percent: row.percent,
  state: row.state,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  found: row.found,
});

const watchView = (
  row: Selectable<WatchTable>,
  steps: readonly StepView[],
  verdicts: readonly Selectable<VerdictTable>[],
): WatchView => ({
  watch: row.watch,
  step: row.step,
  percent: steps.find((step) => step.index === row.step)?.percent ?? null,
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  verdict:
    verdicts.findLast((one) => one.watch === row.watch && one.position > row.position)?.verdict ?? null,
});

const commandView = (row: Selectable<CommandTable>, parts: Parts): CommandView => ({
  command: row.command,
  actor: withName(row.actor, parts.names),
  at: row.at,
  effect: row.effect,
  refusal: row.refusal,
  reason: parts.reasons.get(reasonKey(row.rollout_id, row.event_id)) ?? null,
});
