import type { Cause } from '../../runbooks/events.ts';
import type { RolloutState } from '../../runbooks/state.ts';
import type { Verdict } from '../../runbooks/verdict.ts';
import { emptyModel } from '../story/model.ts';
import { heedEvent } from '../story/reduce.ts';
import type { PageView, RolloutView, StoredEvent } from '../store/views.ts';

/** One thing that happened, in the words that `sluice status` has for it. */
export type TimelineEntry = { readonly at: string; readonly what: string; readonly text: string };

/** What the gate saw in one watch, and what it said. */
export type Evidence = {
  readonly title: string;
  readonly percent: number | null;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly verdict: Verdict;
};

/**
 * How long things took, in ms; `null`: it has not come to that. All but `rollBack` count from the first request that
 * the new version may have got.
 */
export type IncidentTimes = {
  readonly exposedAt: string | null;
  readonly decidedAt: string | null;
  readonly restoredAt: string | null;
  /** Until it was decided to go back. */
  readonly detectMs: number | null;
  /** From that decision until all traffic was back. */
  readonly rollBackMs: number | null;
  /** Until the old version was seen to be well with all of the traffic. */
  readonly restoreMs: number | null;
  /** From the page until somebody took it on. */
  readonly acknowledgeMs: number | null;
};

/** The record of a failed rollout. Everything in it is read from the ledger: the chain vouches for it. */
export type Incident = {
  readonly id: string;
  readonly service: string;
  readonly environment: string;
  readonly from: string | null;
  readonly version: string;
  readonly state: RolloutState;
  readonly requestedAt: string;
  readonly requestedBy: string;
  readonly cause: Cause | null;
  readonly times: IncidentTimes;
  readonly evidence: readonly Evidence[];
  readonly pages: readonly PageView[];
  readonly timeline: readonly TimelineEntry[];
  /** What had to be done by hand, in order. */
  readonly byHand: readonly string[];
  /** What the check after the way back found. */
  readonly verified: string | null;
  readonly recovered: boolean | null;
};

/** Whether there is anything to write up: it went back by itself, badly, or people were paged. */
const failed = ({ cause, state, recovered, pages }: RolloutView): boolean =>
  (cause !== null && cause.by !== 'person' && cause.by !== 'newer') ||
  state === 'rollback-failed' ||
  state === 'rolled-back-by-hand' ||
  recovered === false ||
  pages.length > 0;

/** `null`: the rollout did not fail. Pure; `events` are all of the rollout's, in the order of the chain. */
export const incidentOf = (view: RolloutView, events: readonly StoredEvent[]): Incident | null => {
  if (!failed(view)) return null;
  const { id, service, environment, version, state, requestedAt, cause, pages, byHand } = view;
  return {
    ...{ id, service, environment, version, state, requestedAt, cause, pages, byHand },
    from: view.from?.version ?? null,
    requestedBy: view.actor?.name ?? view.actor?.id ?? 'nobody',
    times: timesOf(view, events),
    evidence: evidenceOf(view),
    timeline: timelineOf(id, events),
    verified: view.verified,
    recovered: view.recovered,
  };
};

const timesOf = (view: RolloutView, events: readonly StoredEvent[]): IncidentTimes => {
  const atOf = (is: (event: StoredEvent) => boolean): string | null => events.find(is)?.at ?? null;
  const begun = view.steps.filter(({ startedAt }) => startedAt !== null);
  const exposed = begun.find(({ kind }) => kind === 'shift') ?? begun.find(({ kind }) => kind === 'deploy');
  const exposedAt = exposed?.startedAt ?? null;
  const decidedAt = atOf(({ body }) => body.type === 'way-back');
  const restoredAt = atOf(({ body }) => body.type === 'verified' && body.recovered);
  const answered = view.pages.filter(({ acknowledgedAt }) => acknowledgedAt !== null);
  const waits = answered.map(({ triggeredAt, acknowledgedAt }) => between(triggeredAt, acknowledgedAt));
  return {
    exposedAt,
    decidedAt,
    restoredAt,
    detectMs: between(exposedAt, decidedAt),
    rollBackMs: view.trafficBackMs,
    restoreMs: between(exposedAt, restoredAt),
    acknowledgeMs: waits.find((ms) => ms !== null) ?? null,
  };
};

const between = (from: string | null, to: string | null): number | null =>
  from === null || to === null ? null : Math.max(0, Date.parse(to) - Date.parse(from));

const evidenceOf = ({ watches, steps }: RolloutView): readonly Evidence[] =>
  watches.flatMap(({ verdict, step, percent, startsAt, endsAt }) =>
    verdict === null
      ? []
      : [{ title: steps[step]?.title ?? `step ${step + 1}`, percent, startsAt, endsAt, verdict }],
  );

/** In the order in which it happened: what was written late stands where it belongs. */
const timelineOf = (id: string, events: readonly StoredEvent[]): readonly TimelineEntry[] => {
  const { log } = events.reduce(heedEvent, emptyModel(id));
  return [...log]
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .map(({ at, word, text }) => ({ at, what: word, text }));
};
