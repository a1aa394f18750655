import type { Actor } from '../runbooks/access.ts';
import { refuseVerb } from '../runbooks/access.ts';
import type { Problem } from '../runbooks/errors.ts';
import type { RolloutKind } from '../runbooks/runbook.ts';
import type { AccessBlock } from '../runbooks/service.ts';
import type { RolloutState } from '../runbooks/state.ts';
import { judgeCommand, stateTable } from '../runbooks/state.ts';
import type { BackOut } from './control.ts';
import type { Refusal } from './hearing.ts';
import type { SupersedeMessage } from './messages.ts';

/** What the rule asks of the rollout whose place is wanted. */
type Its = {
  readonly rolloutId: string;
  readonly kind: RolloutKind;
  readonly access: AccessBlock;
  readonly state: RolloutState;
  /** Why nothing can go back any more; `null`: it can. */
  readonly noReturn: Problem | null;
};

/** Why a newer deploy does not take the place of this rollout; `null`: it does. It changes nothing: validators ask it. */
export const refuseNewer = (its: Its, { rolloutId, actor }: SupersedeMessage): Refusal | null => {
  const refused = (sentence: string): Refusal => ({ code: 'COMMAND_REFUSED', sentence });
  if (rolloutId !== its.rolloutId)
    return {
      ...refused(`Rollout ${rolloutId} has ended, and ${its.rolloutId} runs now.`),
      runs: its.rolloutId,
    };
  const stranger = refuseVerb(its.access, actor, 'deploy');
  if (stranger !== null) return { code: 'NOT_AUTHORISED', sentence: `Can not take its place: ${stranger}` };
  if (its.kind !== 'deploy')
    return refused(`Can not take its place: what runs is a ${its.kind}, and is let end.`);
  const judged = judgeCommand(its.state, 'abort');
  if (!('effect' in judged) || judged.effect !== 'way-back')
    return refused(`Can not take its place: ${stateTable[its.state].because}.`);
  if (its.noReturn === null) return null;
  return { code: its.noReturn.code, sentence: `Can not take its place: ${its.noReturn.message}` };
};

export const backOutFor = (version: string, actor: Actor, step: number | null): BackOut => ({
  actor,
  cause: { by: 'newer', sentence: `${version} was asked for by ${actor.id} and takes its place.`, step },
});
