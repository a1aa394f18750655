import type { Insertable, Kysely, Selectable, Transaction } from 'kysely';
import type { PageEvent } from '../../runbooks/paging/events.ts';
import type { Actor } from '../../runbooks/access.ts';
import type { PlacedEvent } from './project.ts';
import { withName } from './read-events.ts';
import type { Database, PageTable } from './schema.ts';
import type { ActorView, PageView } from './views.ts';

/** What one event makes of an incident's row; the row is the rollout's own, also of an incident that many share. */
type Row = Omit<
  Selectable<PageTable>,
  'rollout_id' | 'incident' | 'acknowledged_by' | 'resolved_by' | 'problem'
> & {
  readonly acknowledged_by: Actor | null;
  readonly resolved_by: Actor | null;
  readonly problem: Selectable<PageTable>['problem'];
};

const blank: Row = {
  state: 'late',
  severity: null,
  summary: null,
  url: null,
  triggered_at: null,
  acknowledged_at: null,
  acknowledged_by: null,
  resolved_at: null,
  resolved_by: null,
  late_since: null,
  problem: null,
};

/** Pure. */
const nextRow = (row: Row, { at, actor }: Pick<PlacedEvent, 'at' | 'actor'>, body: PageEvent): Row => {
  switch (body.type) {
    case 'page-sent': {
      const there = { ...row, late_since: null, problem: null };
      if (body.action === 'resolve')
        return { ...there, state: 'resolved', resolved_at: at, resolved_by: null };
      if (body.action === 'acknowledge')
        return {
          ...there,
          state: 'acknowledged',
          acknowledged_at: row.acknowledged_at ?? at,
          acknowledged_by: row.acknowledged_by ?? actor,
        };
      const { severity, summary } = body;
      // One more trigger is the same alert, unless that was resolved: then it is a new one.
      // Its answer may have come before this was written.
      if (row.state === 'open' || row.state === 'acknowledged')
        return { ...there, severity, summary, triggered_at: row.triggered_at ?? at };
      return { ...blank, state: 'open', severity, summary, triggered_at: at };
    }
    case 'page-late':
      return { ...row, late_since: row.late_since ?? at, problem: body.problem };
    case 'page-failed':
      return { ...row, state: body.action === 'trigger' ? 'failed' : row.state, problem: body.problem };
    case 'page-answered': {
      const known = { ...row, url: body.url ?? row.url };
      switch (body.answer) {
        case 'acknowledged': {
          // Told late: it was resolved meanwhile.
          const state = row.state === 'resolved' ? row.state : 'acknowledged';
          return { ...known, state, acknowledged_at: at, acknowledged_by: actor };
        }
        case 'resolved':
          return { ...known, state: 'resolved', resolved_at: at, resolved_by: actor };
        case 'unacknowledged':
          return { ...known, state: 'open', acknowledged_at: null, acknowledged_by: null };
        case 'reopened':
          return { ...known, state: 'open', resolved_at: null, resolved_by: null };
      }
    }
  }
};

/** Carries an event about a page out in the projection. */
export const applyPage = async (
  trx: Transaction<Database>,
  event: Pick<PlacedEvent, 'rolloutId' | 'at' | 'actor'>,
  body: PageEvent,
): Promise<void> => {
  const key = { rollout_id: event.rolloutId, incident: body.incident };
  const standing = await trx
    .selectFrom('pages')
    .selectAll()
    .where('rollout_id', '=', key.rollout_id)
    .where('incident', '=', key.incident)
    .executeTakeFirst();
  const next = nextRow(standing ?? blank, event, body);
  const row: Insertable<PageTable> = {
    ...key,
    ...next,
    ...{ rollout_id: key.rollout_id, incident: key.incident },
    acknowledged_by: json(next.acknowledged_by),
    resolved_by: json(next.resolved_by),
    problem: json(next.problem),
  };
  await trx
    .insertInto('pages')
    .values(row)
    .onConflict((conflict) => conflict.columns(['rollout_id', 'incident']).doUpdateSet(row))
    .execute();
};

const json = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));

/** Pages of the rollouts, in the order of their incidents. */
export const readPages = async (
  db: Kysely<Database>,
  ids: readonly string[],
): Promise<readonly Selectable<PageTable>[]> =>
  db.selectFrom('pages').selectAll().where('rollout_id', 'in', ids).orderBy('incident').execute();

/** `Ledger.rolloutsOfIncident`. */
export const readRolloutsOf = async (db: Kysely<Database>, incident: string): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('pages')
    .select('rollout_id')
    .where('incident', '=', incident)
    .orderBy('rollout_id')
    .execute();
  return rows.map((row) => row.rollout_id);
};

export const actorsOf = (pages: readonly Selectable<PageTable>[]): readonly (Actor | null)[] =>
  pages.flatMap((page) => [page.acknowledged_by, page.resolved_by]);

export const pageView = (row: Selectable<PageTable>, names: ReadonlyMap<string, string | null>): PageView => {
  const who = (actor: Actor | null): ActorView | null => withName(actor, names);
  return {
    incident: row.incident,
    state: row.state,
    severity: row.severity,
    summary: row.summary,
    url: row.url,
    triggeredAt: row.triggered_at,
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: who(row.acknowledged_by),
    resolvedAt: row.resolved_at,
    resolvedBy: who(row.resolved_by),
    lateSince: row.late_since,
    problem: row.problem,
  };
};
