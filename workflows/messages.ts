import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Actor } from '../runbooks/access.ts';
import type { Command, Effect, RolloutState } from '../runbooks/state.ts';
import type { ClaimOutput, Preparation } from './contract.ts';

/** A command as it reaches a rollout. `id` is fixed by the caller's request: said twice, it acts once. */
export type CommandMessage = {
  readonly id: string;
  /** The rollout that is meant: the workflow's id is used again by the next one. */
  readonly rolloutId: string;
  readonly actor: Actor;
  readonly reason: string | null;
  /** Of an approval or a denial: the hash of the plan that it is about. */
  readonly plan?: string;
  /** Said again after so long that it would surprise its author: what was heard in time is answered, nothing is done. */
  readonly late?: boolean;
};

/** What an accepted command did. */
export type CommandAnswer = { readonly effect: Effect; readonly state: RolloutState };

/** Commands that a running rollout takes as updates of the same name. */
export const runningCommands = [
  'approve',
  'deny',
  'hold',
  'resume',
  'extend',
  'accept',
  'promote',
  'abort',
  'rollback',
  'retry',
  'take-over',
  'page',
] as const satisfies readonly Command[];
export type RunningCommand = (typeof runningCommands)[number];

export const commandUpdate = (command: RunningCommand) =>
  defineUpdate<CommandAnswer, [CommandMessage]>(command);

/** Abort and rollback also go as a signal, which the server keeps while no worker answers. */
export const wayBackSignal =
  defineSignal<[CommandMessage & { readonly command: 'abort' | 'rollback' }]>('way-back');

/** A newer deploy that wants the place of the rollout that runs. `id` is fixed by the newer one. */
export type SupersedeMessage = {
  readonly id: string;
  readonly rolloutId: string;
  readonly version: string;
  readonly actor: Actor;
};
export const supersedeUpdate = defineUpdate<CommandAnswer, [SupersedeMessage]>('supersede');

/** Who asks for the runbook: rejected when another rollout holds the lock. */
export const plannedUpdate = defineUpdate<Preparation, [{ readonly rolloutId: string }]>('planned');

/** A new deploy or rollback takes the old version over from `keep`. */
export const claimUpdate = defineUpdate<ClaimOutput, [{ readonly by: string }]>('claim');

/** A person approves that the database loses what the old version needed: said to `keep`. */
export const contractUpdate = defineUpdate<{ readonly contracts: readonly string[] }, [CommandMessage]>(
  'contract-approved',
);

/** Where a rollout stands, from its own memory. */
export type RolloutStatus = {
  readonly rolloutId: string;
  readonly state: RolloutState;
  readonly step: number | null;
  readonly until: string | null;
  readonly next: string | null;
  /** What is past its time, and what it waits for. */
  readonly stuck: string | null;
};
export const statusQuery = defineQuery<RolloutStatus>('status');
