import type { InconclusiveReason } from '../../runbooks/verdict.ts';
import { remainingSeconds } from './prospects.ts';
import type { GateSettings, InconclusivePolicy } from './settings.ts';
import type { GateState } from './state.ts';

/** What happens after a watch without an answer. `unanswered`: what a question nobody answers ends in. */
export type Move =
  | { readonly do: 'extend'; readonly seconds: number }
  | { readonly do: 'ask'; readonly unanswered: 'rollback' | 'hold' }
  | { readonly do: 'rollback' }
  | { readonly do: 'promote' }
  /**
   * Shares stay where they are and the watch resumes by itself when metrics come back; people are asked after
   * `askAfterSeconds` of silence, and the traffic goes back, without quarantine, after `backAfterSeconds`.
   */
  | { readonly do: 'wait-for-metrics'; readonly askAfterSeconds: number; readonly backAfterSeconds: number };

const silence: Move = { do: 'wait-for-metrics', askAfterSeconds: 120, backAfterSeconds: 1800 };

/**
 * The next move after `reason`. `extended`: this watch was extended before. `settles`: a longer watch would probably
 * bring the answer. Nothing but too little traffic is ever promoted, and what both versions suffer is never a reason
 * to roll back.
 */
export const nextMove = (
  reason: InconclusiveReason,
  policy: InconclusivePolicy,
  extended: boolean,
  settles: boolean,
): Move => {
  const { extendSeconds, then } = policy;
  const extend: Move | null =
    extended || extendSeconds === null ? null : { do: 'extend', seconds: extendSeconds };
  switch (reason) {
    case 'no-data':
    case 'no-traffic':
      return silence;
    case 'both-bad':
      return extend ?? { do: 'ask', unanswered: 'hold' };
    case 'looks-bad':
    case 'saturation':
      return extend ?? (then === 'rollback' ? { do: 'rollback' } : { do: 'ask', unanswered: 'rollback' });
    case 'too-little-traffic':
      if (extend !== null && settles) return extend;
      return then === 'ask' ? { do: 'ask', unanswered: 'rollback' } : { do: then };
  }
};

/** Whether an extension of the watch would probably exclude the harm. */
export const extensionSettles = (settings: GateSettings, state: GateState, t: number): boolean => {
  const { extendSeconds } = settings.onInconclusive;
  const needed = remainingSeconds(settings, state, t);
  return extendSeconds !== null && needed !== null && needed <= extendSeconds;
};
