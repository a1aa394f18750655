import type { Actor } from './access.ts';
import type { Problem } from './errors.ts';
import type { Awaits } from './inconclusive.ts';
import type { PageEvent } from './paging/events.ts';
import type { Action, Release, RolloutKind, Runbook } from './runbook.ts';
import type { StuckThen } from './stuck.ts';
import type { Command, Effect, RolloutState } from './state.ts';
import type { Verdict } from './verdict.ts';

/** Why a rollout went back. */
export type Cause = {
  readonly by: 'breach' | 'person' | 'newer' | 'failure' | 'silence' | 'time' | 'lost';
  /** Numbers first, for people. */
  readonly sentence: string;
  readonly step: number | null;
};

/**
 * What happened to a rollout, as the ledger keeps it. Plain JSON. Free text by people is not in here: it travels in
 * `LedgerEvent.texts`, so that it can be erased without breaking the chain.
 */
export type EventBody =
  | {
      readonly type: 'requested';
      readonly kind: RolloutKind;
      readonly service: string;
      readonly environment: string;
      readonly version: string;
      /** The rollout this one recovers or takes back, if any. */
      readonly of: string | null;
      readonly files: readonly { readonly path: string; readonly sha256: string }[];
      /** The incident that it mends. */
      readonly hotfix?: string;
    }
  | {
      readonly type: 'planned';
      readonly hash: string;
      readonly runbook: Runbook;
      readonly epoch: number;
      readonly warnings: readonly string[];
    }
  | { readonly type: 'refused'; readonly problems: readonly Problem[] }
  | {
      readonly type: 'state';
      readonly state: RolloutState;
      readonly until: string | null;
      readonly next: string | null;
    }
  | { readonly type: 'step-started'; readonly step: number }
  | { readonly type: 'step-done'; readonly step: number; readonly found: string | null }
  | { readonly type: 'step-failed'; readonly step: number; readonly problem: Problem }
  /** Past its time. `step: null`: the way back. `then`: what follows; `told`: it is a way back, and goes on. */
  | {
      readonly type: 'stuck';
      readonly step: number | null;
      readonly sentence: string;
      readonly then: StuckThen;
    }
  | { readonly type: 'step-skipped'; readonly step: number; readonly why: string }
  | {
      readonly type: 'watch-started';
      readonly step: number;
      readonly watch: number;
      readonly startsAt: string;
      readonly endsAt: string;
    }
  /** What a watch without an answer waited for has come, and it goes on by itself. */
  | {
      readonly type: 'watch-resumed';
      readonly step: number;
      readonly awaited: Awaits;
      readonly sentence: string;
    }
  | { readonly type: 'verdict'; readonly step: number; readonly watch: number; readonly verdict: Verdict }
  | {
      readonly type: 'command';
      readonly command: Command;
      readonly effect: Effect | null;
      /** `null`: accepted. */
      readonly refusal: string | null;
      /** The caller's key, under which the workflow heard it. A face that refuses writes none. */
      readonly key?: string;
    }
  | {
      readonly type: 'approval';
      /** `void`: the plan is another one than was approved, and is asked about again. */
      readonly is: 'asked' | 'reminder' | 'void';
      /** The runbook's SHA-256, hex: what is approved. */
      readonly hash: string;
      /** Ids of the actors who have approved it so far. */
      readonly given: readonly string[];
      readonly until: string | null;
      readonly sentence: string;
    }
  | { readonly type: 'way-back'; readonly cause: Cause; readonly actions: readonly Action[] }
  | { readonly type: 'traffic-back'; readonly afterMs: number }
  | { readonly type: 'way-back-failed'; readonly problem: Problem; readonly byHand: readonly string[] }
  | { readonly type: 'verified'; readonly recovered: boolean; readonly sentence: string }
  | {
      readonly type: 'promoted';
      readonly service: string;
      readonly environment: string;
      readonly release: Release;
      /** `adopt`: recorded as found; no rollout of ours put it there. */
      readonly by: 'rollout' | 'adopt';
    }
  | { readonly type: 'retired'; readonly version: string }
  | {
      readonly type: 'contract';
      /** `asked`: a person may approve it until `until`. `expired`: nobody did, and nothing was taken away. */
      readonly is: 'asked' | 'reminder' | 'done' | 'failed' | 'expired';
      readonly migrations: readonly string[];
      readonly until: string | null;
      readonly sentence: string;
    }
  | { readonly type: 'quarantine-lifted'; readonly digest: string }
  | { readonly type: 'keep-closed'; readonly claimedBy: string | null }
  | { readonly type: 'closed'; readonly state: RolloutState; readonly sentence: string }
  | PageEvent;

export type EventType = EventBody['type'];

/**
 * One row of the ledger. `id` is unique within the rollout and made by the writer (`rollout/12`, `keep/3`,
 * `face/<update id>`): writing it again returns the row that stands. `at` is ISO 8601 with milliseconds.
 */
export type LedgerEvent = {
  readonly rolloutId: string;
  readonly id: string;
  readonly at: string;
  readonly actor: Actor | null;
  readonly body: EventBody;
  /** Free text by people, such as `reason`: kept beside the chain, which holds its salted hash. */
  readonly texts: Readonly<Record<string, string>>;
};
