import type { Problem } from '../errors.ts';
import type { PageSeverity } from './page-block.ts';

export type PageAction = 'trigger' | 'acknowledge' | 'resolve';

/** What people did with an incident in PagerDuty, as its webhook tells. */
export const pageAnswers = ['acknowledged', 'unacknowledged', 'resolved', 'reopened'] as const;
export type PageAnswer = (typeof pageAnswers)[number];

/** What became of a page, as the ledger keeps it. `incident` is the `dedup_key`: one of it is one alert. */
export type PageEvent =
  /** PagerDuty has accepted it; `waitedMs` since it was wanted. */
  | {
      readonly type: 'page-sent';
      readonly incident: string;
      readonly action: PageAction;
      /** `null`: the action has none. */
      readonly severity: PageSeverity | null;
      readonly summary: string;
      readonly waitedMs: number;
    }
  /** Not delivered yet: it is tried again until it is. */
  | {
      readonly type: 'page-late';
      readonly incident: string;
      readonly action: PageAction;
      readonly problem: Problem;
    }
  /** Refused for good: nobody was told, and nothing is tried again. */
  | {
      readonly type: 'page-failed';
      readonly incident: string;
      readonly action: PageAction;
      readonly problem: Problem;
    }
  /** Said by the event's actor in PagerDuty. */
  | {
      readonly type: 'page-answered';
      readonly incident: string;
      readonly answer: PageAnswer;
      /** The incident's page in PagerDuty. */
      readonly url: string | null;
    };
