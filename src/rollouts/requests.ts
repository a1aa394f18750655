import type { Actor } from '../../runbooks/access.ts';
import type { Override } from '../../runbooks/checks/check.ts';
import type { Problem } from '../../runbooks/errors.ts';
import type { Command, Effect, RolloutState } from '../../runbooks/state.ts';
import type { Prepared } from '../../workflows/contract.ts';

/** Who asks, and in which words. `reason` is free text. */
type Asked = { readonly actor: Actor; readonly reason: string | null };

/** `environment` `null`: the service's only one; never guessed where there are several. */
type Where = { readonly service: string; readonly environment: string | null };

/** What it passes over: checks, each with a reason (left out: none), and what never stops a hotfix. */
type Passing = {
  readonly overrides?: readonly Override[];
  /** The incident that it mends; left out: none. */
  readonly hotfix?: string;
};

export type PlanRequest = Where & Passing & { readonly version: string };

/** `key`: the caller's idempotency key; the same key and request gives the same rollout. */
export type DeployRequest = Asked &
  Where &
  Passing & { readonly version: string; readonly key: string | null };

/** `to` `null`: the last good release. */
export type RollbackRequest = Asked & Where & { readonly to: string | null; readonly key: string | null };

/** Moves a flag without a deploy: to whole percent of the users. */
export type FlagRequest = Asked &
  Where & { readonly flag: string; readonly percent: number; readonly key: string | null };

export type CommandRequest = Asked & {
  /** Id of a rollout. */
  readonly id: string;
  readonly command: Command;
  /** Of an approval or a denial: the hash of the plan that was looked at; another one is refused. Left out: whichever it is. */
  readonly plan?: string;
  /**
   * What the command did where it was looked at: the same word does another thing in another state, and is refused there.
   * Left out: whatever it does now.
   */
  readonly meant?: Effect;
  /** Fixed by the caller's request: said twice with one key, it acts once. `null`: every call is a new one. */
  readonly key: string | null;
};

export type StartAnswer =
  /** `repeated`: the key was used before; this is the rollout that it began. */
  | {
      readonly outcome: 'accepted';
      readonly rolloutId: string;
      readonly repeated: boolean;
      readonly prepared: Prepared;
    }
  | {
      readonly outcome: 'refused';
      readonly rolloutId: string;
      readonly repeated: boolean;
      readonly problems: readonly Problem[];
    }
  /** Kept until the rollout before it has succeeded, or has given way to it: `onNewer` of the service file. */
  | {
      readonly outcome: 'queued';
      readonly rolloutId: string;
      readonly repeated: boolean;
      readonly mode: 'queue' | 'supersede';
      /** The rollout before it. */
      readonly behind: string;
    }
  /** Asked for and kept; no worker has answered yet. */
  | { readonly outcome: 'not-confirmed'; readonly rolloutId: string; readonly repeated: boolean };

export type SaidAnswer =
  | {
      readonly outcome: 'done';
      readonly rolloutId: string;
      readonly effect: Effect;
      readonly state: RolloutState;
      /** The rollout that the command began, where it began one (rollback or retry of an ended one). */
      readonly started: StartAnswer | null;
    }
  /** Not confirmed yet: it stands in the ledger's inbox under `key` and may still be carried out. */
  | { readonly outcome: 'not-confirmed'; readonly rolloutId: string; readonly key: string };
