import type { AccessBlock, AccessVerb } from './service.ts';
import type { Command } from './state.ts';

/** How an actor spoke to Sluice. */
export type ActorVia = 'operator' | 'token' | 'slack' | 'ci' | 'console' | 'system';

/**
 * Who said something: an opaque id, how, and the groups that the façade resolved for it.
 * Names and addresses stand in the ledger's one table that can be erased.
 */
export type Actor = { readonly id: string; readonly via: ActorVia; readonly groups: readonly string[] };

const verbOf: Readonly<Record<Command, AccessVerb>> = {
  approve: 'answer',
  deny: 'answer',
  hold: 'hold',
  resume: 'resume',
  extend: 'answer',
  accept: 'answer',
  promote: 'promote',
  abort: 'abort',
  rollback: 'rollback',
  override: 'answer',
  retry: 'rollback',
  'take-over': 'answer',
  page: 'answer',
};

/** The operator at the terminal (the token in the data folder) may do everything; others what the file allows. */
export const maySay = (access: AccessBlock, actor: Actor, verb: AccessVerb): boolean => {
  if (actor.via === 'operator' || actor.via === 'system') return true;
  const groups = access[verb] ?? [];
  return groups.some((group) => actor.groups.includes(group));
};

/** `null` when the actor may; otherwise the sentence that refuses. */
export const refuseActor = (access: AccessBlock, actor: Actor, command: Command): string | null => {
  const verb = verbOf[command];
  if (maySay(access, actor, verb)) return null;
  const groups = access[verb] ?? [];
  const who = groups.length === 0 ? 'only the operator' : `only ${groups.join(', ')} or the operator`;
  return `Can not ${command}: ${who} may ${verb} here.`;
};
