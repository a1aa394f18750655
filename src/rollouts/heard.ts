import { WorkflowNotFoundError } from '@temporalio/client';
import { SluiceError } from '../../runbooks/errors.ts';
import type { Effect } from '../../runbooks/state.ts';
import type { RolloutView } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import type { SaidAnswer } from './requests.ts';
import { refusalOf } from './temporal-errors.ts';

/** What has come of a command. `unknown`: its rollout has not told everything yet; `unheard`: it has, and not that. */
export type Heard =
  | { readonly is: 'taken'; readonly effect: Effect }
  | { readonly is: 'refused'; readonly sentence: string }
  | { readonly is: 'unheard' | 'unknown' };

/** By its key, in the rollout's own story. `view` was read before: once it shows an end, nothing of it is missing. */
export const heard = async (
  { ledger }: Pick<RolloutsDeps, 'ledger'>,
  view: Pick<RolloutView, 'id' | 'endedAt'>,
  key: string,
): Promise<Heard> => {
  const said = await ledger.heard(view.id, key);
  if (said !== null && said.refusal !== null) return { is: 'refused', sentence: said.refusal };
  if (said !== null && said.effect !== null) return { is: 'taken', effect: said.effect };
  return { is: view.endedAt === null ? 'unknown' : 'unheard' };
};

/** Whether Temporal says that the rollout has no run any more: it has ended, and may have taken the command before. */
export const hasNoRun = (error: unknown, { id }: Pick<RolloutView, 'id'>): boolean => {
  if (error instanceof WorkflowNotFoundError) return true;
  const runs = refusalOf(error)?.details?.['rolloutId'];
  return typeof runs === 'string' && runs !== id;
};

/**
 * The answer to a command that was said before under its key; `null`: nothing is known of it.
 * @throws SluiceError COMMAND_REFUSED where its rollout refused it
 */
export const answered = async (
  deps: Pick<RolloutsDeps, 'ledger'>,
  view: Pick<RolloutView, 'id' | 'endedAt' | 'state'>,
  key: string,
): Promise<Extract<SaidAnswer, { outcome: 'done' }> | null> => {
  const before = await heard(deps, view, key);
  if (before.is === 'refused') throw new SluiceError({ code: 'COMMAND_REFUSED', message: before.sentence });
  if (before.is !== 'taken') return null;
  const { id: rolloutId, state } = view;
  return { outcome: 'done', rolloutId, effect: before.effect, state, started: null };
};
