import type { Actor } from '../../runbooks/access.ts';
import type { Override } from '../../runbooks/checks/check.ts';
import type { RolloutKind } from '../../runbooks/runbook.ts';

/** What somebody wants to be started, in plain data: `input.ts` makes of it what a rollout needs. */
export type Wanted = {
  readonly rolloutId: string;
  readonly kind: RolloutKind;
  readonly service: string;
  readonly environment: string | null;
  readonly version: string | null;
  readonly actor: Actor;
  readonly reason: string | null;
  readonly of: string | null;
  readonly flag?: { readonly name: string; readonly percent: number };
  readonly overrides?: readonly Override[];
  readonly hotfix?: string;
};
