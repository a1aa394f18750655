import type { RolloutKind } from '../runbook.ts';

/** What an alert about a rollout says; rendered in `src/pagerduty/`. No free text by people is in it. */
export type PageFacts = {
  readonly of: 'rollout';
  readonly rolloutId: string;
  readonly kind: RolloutKind;
  readonly service: string;
  readonly environment: string;
  /** What ran before; `null`: nothing, or not known yet. */
  readonly from: string | null;
  readonly version: string;
  /** What happened, in two or three words: `is rolled back`. */
  readonly what: string;
  /** Why, numbers first. */
  readonly cause: string;
  /** Limit of the error rate as people write it; `null`: no gate, or not known yet. */
  readonly limit: string | null;
  /** Title of the step that it happened in. */
  readonly step: string | null;
  /** Every check that failed, each with its numbers. */
  readonly checks: readonly string[];
  /** Id of who asked for the rollout, and through what. */
  readonly actor: string;
  readonly owners: readonly string[];
  /** What to type, in order. */
  readonly commands: readonly string[];
  /** ISO 8601. */
  readonly at: string;
};

/** What an alert about a silent metrics source says. */
export type SourceFacts = {
  readonly of: 'source';
  readonly source: string;
  /** Who waits for it, as of the first of them. */
  readonly waiting: readonly {
    readonly rolloutId: string;
    readonly service: string;
    readonly environment: string;
  }[];
  readonly owners: readonly string[];
  readonly cause: string;
  readonly commands: readonly string[];
  readonly at: string;
};

/** What changed, for those who look at an incident later. */
export type ChangeFacts = {
  readonly rolloutId: string;
  readonly service: string;
  readonly environment: string;
  /** One sentence: `shop 2.0.4 → 2.1.0 in production: started`. */
  readonly what: string;
  readonly details: Readonly<Record<string, string>>;
  readonly at: string;
};
