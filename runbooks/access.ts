import type { AccessBlock, AccessVerb } from './service.ts';
import type { Command } from './state.ts';

/** How an actor spoke to Sluice. */
export type ActorVia = 'operator' | 'token' | 'slack' | 'ci' | 'console' | 'pagerduty' | 'system';

/**
 * Who said something: an opaque id, how, and the groups that the façade resolved for it.
 * Names and addresses stand in the ledger's one table that can be erased.
 */
export type Actor = {
  readonly id: string;
  readonly via: ActorVia;
  readonly groups: readonly string[];
  /** Its groups could not be looked up: it may take back, and do nothing else. */
  readonly unsure?: true;
};

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
  override: 'override',
  retry: 'rollback',
  'take-over': 'answer',
  page: 'answer',
};

/**
 * The operator (the token in the data folder) may do everything; others what the service file and `access.yml` allow
 * their groups. Without a row a verb is the operator's alone, but for `abort`: whoever sees harm may stop it. Somebody
 * whose groups can't be told may do that, and nothing else.
 */
export const maySay = (access: AccessBlock, actor: Actor, verb: AccessVerb): boolean => {
  if (actor.via === 'operator' || actor.via === 'system') return true;
  if (actor.unsure === true) return verb === 'abort';
  const groups = access[verb];
  if (groups === undefined) return verb === 'abort';
  return groups.some((group) => actor.groups.includes(group));
};

/** `null` when the actor may; otherwise the end of the sentence that refuses, which says who may. */
export const refuseVerb = (access: AccessBlock, actor: Actor, verb: AccessVerb): string | null => {
  if (maySay(access, actor, verb)) return null;
  if (actor.unsure === true)
    return `the groups of ${actor.id} can not be looked up now; until then it may abort, and nothing else.`;
  const groups = access[verb] ?? [];
  const who = groups.length === 0 ? 'only the operator' : `only ${groups.join(', ')} or the operator`;
  return `${who} may ${verb} here.`;
};

/** `null` when the actor may; otherwise the sentence that refuses. */
export const refuseActor = (access: AccessBlock, actor: Actor, command: Command): string | null => {
  const refusal = refuseVerb(access, actor, verbOf[command]);
  return refusal === null ? null : `Can not ${command}: ${refusal}`;
};
