import type { LedgerEvent } from '../../runbooks/events.ts';
import type { ActiveFreeze } from '../../runbooks/freeze-block.ts';
import type { TargetState } from '../../runbooks/runbook.ts';
import type { Verdict } from '../../runbooks/verdict.ts';
import type { WatchInput, WriteInput } from '../../workflows/contract.ts';
import type { AnnounceInput, ChangeInput, PageInput, SourceTell } from '../../workflows/telling.ts';
import { group, makeState } from '../runbooks/make.ts';
import type { MigrationScript } from './stage-migrations.ts';
import { verdict } from './stage-watches.ts';

/** What the activities of one test do and saw. Targets are the model of `test/runbooks/model.ts`. */
export type Script = MigrationScript & {
  state: TargetState;
  /** Answers of the watches, in order; the last one goes on. A function may throw. */
  watches: (Verdict | ((input: WatchInput) => Verdict | Promise<Verdict>))[];
  /** Whether what a rollout waits for has come; absent: never. */
  comes?: (input: WatchInput) => boolean | Promise<boolean>;
  /** Runs before a write is applied; throwing refuses it. */
  beforeWrite?: (input: WriteInput) => void | Promise<void>;
  /** The freeze that is on; absent: none is. */
  freeze?: () => ActiveFreeze | null | Promise<ActiveFreeze | null>;
  ready?: () => void | Promise<void>;
  smoke?: () => void | Promise<void>;
  record?: (events: readonly LedgerEvent[]) => void | Promise<void>;
  /** What PagerDuty does with an order, and Slack with an announcement; throwing refuses it. */
  page?: (input: PageInput) => void | Promise<void>;
  announce?: (input: AnnounceInput) => void | Promise<void>;
  /** Of the worker that tells; absent: as many as Temporal's SDK has. */
  readonly tellSlots?: number;
  readonly paged: PageInput[];
  readonly announced: AnnounceInput[];
  readonly changes: ChangeInput[];
  readonly sources: SourceTell[];
  readonly writes: WriteInput[];
  readonly watched: WatchInput[];
  /** Watches that have begun and not ended. */
  underWay: number;
  readonly events: LedgerEvent[];
};

export const script = (changes: Partial<Script> = {}): Script => ({
  state: makeState(group('2.0.4', 'a')),
  watches: [verdict('pass')],
  paged: [],
  announced: [],
  changes: [],
  sources: [],
  migrated: [],
  writes: [],
  watched: [],
  underWay: 0,
  events: [],
  ...changes,
});
