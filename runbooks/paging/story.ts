import type { Cause, LedgerEvent } from '../events.ts';
import type { RolloutKind } from '../runbook.ts';
import { asAction } from '../runbook.ts';
import { writePercent } from '../units.ts';
import type { PageSeverity } from './page-block.ts';

/** A way back that has not moved the traffic by then is stuck, in ms. */
export const stuckAfterMs = 60_000;
/** What one alert shows. */
const mostChecks = 10;

/** What is known of a rollout when people have to be told of it. Plain JSON: it is carried from run to run. */
export type PageStory = {
  readonly rolloutId: string;
  readonly kind: RolloutKind;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly actor: string;
  readonly owners: readonly string[];
  /** No page is more urgent than this. */
  readonly most: PageSeverity;
  readonly from: string | null;
  readonly limit: string | null;
  readonly titles: readonly string[];
  readonly step: number | null;
  readonly checks: readonly string[];
  /** Reason of the last verdict that could not tell. */
  readonly unclear: string | null;
  readonly cause: Cause | null;
  readonly byHand: readonly string[];
  /** The way back has traffic to move. */
  readonly moves: boolean;
  /** When the way back counts as stuck, in ms since the epoch. */
  readonly stuckAt: number | null;
  readonly recovered: boolean | null;
  /** How urgently the open alert was told last; `null`: none is open. */
  readonly alert: PageSeverity | null;
  /** It waits in the incident of its metrics source. */
  readonly silent: boolean;
  readonly started: boolean;
  readonly closed: boolean;
};

export type StoryBegin = Pick<
  PageStory,
  'rolloutId' | 'kind' | 'service' | 'environment' | 'version' | 'actor' | 'owners' | 'most'
>;

export const beginStory = (begin: StoryBegin): PageStory => ({
  ...begin,
  from: null,
  limit: null,
  titles: [],
  step: null,
  checks: [],
  unclear: null,
  cause: null,
  byHand: [],
  moves: false,
  stuckAt: null,
  recovered: null,
  alert: null,
  silent: false,
  started: false,
  closed: false,
});

/** What the event adds to what is known. Pure; whom to tell is decided in `plan.ts`. */
export const heed = (story: PageStory, event: LedgerEvent): PageStory => {
  const { body, at } = event;
  const due = Date.parse(at) + stuckAfterMs;
  switch (body.type) {
    case 'planned': {
      const { from, to, steps, gates } = body.runbook;
      return {
        ...story,
        from: from?.version ?? null,
        version: to.version,
        limit: writePercent(gates.errors.max),
        titles: steps.map(({ title }) => title),
        moves: steps.flatMap(asAction).some((action) => action.do === 'shift'),
        started: true,
      };
    }
    case 'step-started':
      return { ...story, step: body.step };
    case 'step-failed': {
      const title = story.titles[body.step] ?? `step ${String(body.step + 1)}`;
      return withCheck(story, `${title}: ${body.problem.message}`);
    }
    case 'stuck':
      return withCheck({ ...story, step: body.step ?? story.step }, body.sentence);
    case 'verdict': {
      const { kind, reason, sentence } = body.verdict;
      if (kind === 'pass') return { ...story, unclear: null };
      const known = withCheck({ ...story, step: body.step }, `${reason}: ${sentence}`);
      return { ...known, unclear: kind === 'inconclusive' ? reason : null };
    }
    case 'watch-resumed':
      return { ...story, unclear: null };
    case 'way-back': {
      const moves = body.actions.some((action) => action.do === 'shift');
      const step = body.cause.step ?? story.step;
      return { ...story, cause: body.cause, step, moves, stuckAt: moves ? due : null };
    }
    case 'state':
      // Tried again after it failed.
      return body.state === 'rolling-back' && story.byHand.length > 0 && story.moves
        ? { ...story, stuckAt: due }
        : story;
    case 'traffic-back':
      return { ...story, stuckAt: null };
    case 'way-back-failed':
      return { ...withCheck(story, body.problem.message), byHand: body.byHand, stuckAt: null };
    case 'verified':
      return { ...story, recovered: body.recovered, stuckAt: null };
    case 'page-answered':
      return body.answer === 'resolved' ? { ...story, alert: null } : story;
    case 'closed':
      return { ...story, closed: true, stuckAt: null };
    case 'requested':
    case 'refused':
    case 'step-done':
    case 'step-skipped':
    case 'watch-started':
    case 'command':
    case 'promoted':
    case 'retired':
    case 'approval':
    case 'contract':
    case 'quarantine-lifted':
    case 'keep-closed':
    case 'page-sent':
    case 'page-late':
    case 'page-failed':
      return story;
  }
};

const withCheck = (story: PageStory, check: string): PageStory =>
  story.checks.at(-1) === check ? story : { ...story, checks: [...story.checks, check].slice(-mostChecks) };
