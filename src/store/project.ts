import type { Insertable, Updateable } from 'kysely';
import type { Problem } from '../../runbooks/errors.ts';
import type { LedgerEvent } from '../../runbooks/events.ts';
import type { PageEvent } from '../../runbooks/paging/events.ts';
import type { Runbook, Step } from '../../runbooks/runbook.ts';
import { isOpen } from '../../runbooks/state.ts';
import type {
  CommandTable,
  ReleaseTable,
  RolloutTable,
  StepTable,
  VerdictTable,
  WatchTable,
} from './schema.ts';

/** What one event changes in the projections. Every change is safe where its row is missing. */
export type Change =
  | { readonly do: 'add-rollout'; readonly row: Insertable<RolloutTable> }
  /** `unlessEnded`: a state that is told late does not open a closed rollout again. */
  | { readonly do: 'set-rollout'; readonly set: Updateable<RolloutTable>; readonly unlessEnded?: true }
  | { readonly do: 'add-problems'; readonly problems: readonly Problem[] }
  | { readonly do: 'plan-steps'; readonly rows: readonly Insertable<StepTable>[] }
  | { readonly do: 'begin-step'; readonly index: number; readonly at: string }
  | { readonly do: 'set-step'; readonly index: number; readonly set: Updateable<StepTable> }
  /** The steps that were running when the way back began. */
  | { readonly do: 'break-off-steps'; readonly at: string; readonly found: string }
  | { readonly do: 'begin-watch'; readonly row: Insertable<WatchTable> }
  | { readonly do: 'add-verdict'; readonly row: Insertable<VerdictTable> }
  | { readonly do: 'add-command'; readonly row: Insertable<CommandTable> }
  | { readonly do: 'add-release'; readonly row: Insertable<ReleaseTable> }
  /** If this rollout is a rollback: what it took back is bad from now on. */
  | { readonly do: 'mark-taken-back'; readonly before: number }
  | { readonly do: 'retire-release'; readonly version: string; readonly at: string }
  | { readonly do: 'set-page'; readonly event: PlacedEvent; readonly body: PageEvent };

/** An event with its place in the chain. */
export type PlacedEvent = LedgerEvent & { readonly position: number };

/** Pure: the changes of one event, in order. They hold for the rollout of the event. */
export const changesOf = (event: PlacedEvent): readonly Change[] => [
  ...bodyChanges(event),
  { do: 'set-rollout', set: { position: event.position } },
];

const bodyChanges = (event: PlacedEvent): readonly Change[] => {
  const { body, at, position, rolloutId } = event;
  switch (body.type) {
    case 'requested':
      return [{ do: 'add-rollout', row: requestedRow(event, body) }];
    case 'planned':
      return plannedChanges(rolloutId, body);
    case 'refused':
      return [{ do: 'add-problems', problems: body.problems }];
    case 'state': {
      const { state, until, next } = body;
      return [{ do: 'set-rollout', set: { state, until, next, open: isOpen(state) }, unlessEnded: true }];
    }
    case 'step-started':
      return [{ do: 'begin-step', index: body.step, at }];
    case 'step-done':
      return [stepEnd(body.step, 'done', at, body.found)];
    case 'step-failed':
      return [
        stepEnd(body.step, 'failed', at, body.problem.message),
        { do: 'add-problems', problems: [body.problem] },
      ];
    case 'stuck':
      return body.step === null ? [] : [{ do: 'set-step', index: body.step, set: { found: body.sentence } }];
    case 'step-skipped':
      return [stepEnd(body.step, 'skipped', at, body.why)];
    case 'watch-started': {
      const { watch, step, startsAt, endsAt } = body;
      const row = { rollout_id: rolloutId, watch, step, starts_at: startsAt, ends_at: endsAt, position };
      return [{ do: 'begin-watch', row }];
    }
    case 'verdict': {
      const { step, watch, verdict } = body;
      const row = { position, rollout_id: rolloutId, step, watch, kind: verdict.kind, at };
      return [{ do: 'add-verdict', row: { ...row, verdict: JSON.stringify(verdict) } }];
    }
    case 'command': {
      const { command, effect, refusal } = body;
      const row = { position, rollout_id: rolloutId, event_id: event.id, command, at, effect, refusal };
      return [{ do: 'add-command', row: { ...row, actor: jsonOrNull(event.actor) } }];
    }
    case 'way-back':
      return [
        {
          do: 'set-rollout',
          set: { cause: JSON.stringify(body.cause), actions: JSON.stringify(body.actions) },
        },
        { do: 'break-off-steps', at, found: body.cause.sentence },
      ];
    case 'traffic-back':
      return [{ do: 'set-rollout', set: { traffic_back_ms: body.afterMs } }];
    case 'way-back-failed':
      return [
        { do: 'set-rollout', set: { by_hand: JSON.stringify(body.byHand) } },
        { do: 'add-problems', problems: [body.problem] },
      ];
    case 'verified':
      return [{ do: 'set-rollout', set: { recovered: body.recovered, verified: body.sentence } }];
    case 'promoted': {
      const { service, environment, release, by } = body;
      const { version, digest } = release;
      const row = { position, service, environment, version, digest, state: 'good' as const, by };
      return [
        { do: 'add-release', row: { ...row, promoted_at: at, retired_at: null, rollout_id: rolloutId } },
        { do: 'mark-taken-back', before: position },
      ];
    }
    case 'retired':
      return [{ do: 'retire-release', version: body.version, at }];
    case 'approval':
    case 'contract':
    case 'watch-resumed':
    case 'quarantine-lifted':
    case 'keep-closed':
      return [];
    case 'closed': {
      const { state, sentence } = body;
      const end = { state, sentence, open: isOpen(state), ended_at: at, until: null, next: null };
      return [{ do: 'set-rollout', set: end }];
    }
    case 'page-sent':
    case 'page-late':
    case 'page-failed':
    case 'page-answered':
      return [{ do: 'set-page', event, body }];
    default: {
      // What a newer version writes changes nothing that this one shows.
      body satisfies never;
      return [];
    }
  }
};

type BodyOf<T extends LedgerEvent['body']['type']> = Extract<LedgerEvent['body'], { readonly type: T }>;

const requestedRow = (event: PlacedEvent, body: BodyOf<'requested'>): Insertable<RolloutTable> => ({
  id: event.rolloutId,
  kind: body.kind,
  service: body.service,
  environment: body.environment,
  version: body.version,
  digest: null,
  from_release: null,
  state: 'requested',
  open: isOpen('requested'),
  until: null,
  next: null,
  actor: jsonOrNull(event.actor),
  of_rollout: body.of,
  requested_at: event.at,
  requested_position: event.position,
  requested_event: event.id,
  started_at: null,
  ended_at: null,
  hash: null,
  epoch: null,
  warnings: '[]',
  cause: null,
  actions: '[]',
  traffic_back_ms: null,
  recovered: null,
  verified: null,
  sentence: null,
  by_hand: '[]',
  problems: '[]',
  position: event.position,
});

const plannedChanges = (rolloutId: string, body: BodyOf<'planned'>): readonly Change[] => {
  const { runbook, hash, epoch, warnings } = body;
  const { version, digest } = runbook.to;
  const set = { hash, epoch, version, digest, from_release: jsonOrNull(runbook.from) };
  return [
    { do: 'set-rollout', set: { ...set, warnings: JSON.stringify(warnings) } },
    { do: 'plan-steps', rows: stepRows(rolloutId, runbook) },
  ];
};

const stepRows = (rolloutId: string, runbook: Runbook): readonly Insertable<StepTable>[] =>
  runbook.steps.map((step, index) => ({
    rollout_id: rolloutId,
    index,
    kind: step.kind,
    title: step.title,
    percent: percentOf(step),
    state: 'pending',
    started_at: null,
    ended_at: null,
    found: null,
  }));

const percentOf = (step: Step): number | null =>
  step.kind === 'shift' || step.kind === 'watch' ? step.percent : null;

const stepEnd = (
  index: number,
  state: 'done' | 'failed' | 'skipped',
  at: string,
  found: string | null,
): Change => ({ do: 'set-step', index, set: { state, ended_at: at, found } });

const jsonOrNull = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));
