import type { Awaits } from '../../runbooks/inconclusive.ts';
import { findBothBad } from './finding.ts';
import { recentCounts } from './recent.ts';
import type { GateSettings } from './settings.ts';
import type { GateState } from './state.ts';

/** Seconds of the watch at hand, up to second `t`, since the canary's metrics last answered. */
export const silentFor = (state: GateState, t: number): number =>
  state.window === null ? 0 : Math.max(0, t - state.window.answeredAt);

/** Whether what a watch without an answer waits for has come by second `t`; only what it saw itself counts. */
export const hasCome = (awaits: Awaits, settings: GateSettings, state: GateState, t: number): boolean => {
  const { window } = state;
  if (window === null) return false;
  switch (awaits) {
    case 'metrics':
      return window.answeredAt > window.start;
    case 'traffic':
      return state.totals[1] - window.totals[1] + state.pairing.canary.requests > 0;
    case 'recovery': {
      const now = recentCounts(state.recent, t - (state.begun ?? t));
      const heard = state.totals[3] > window.totals[3] && now.baseline > 0;
      return heard && findBothBad(settings, state, t) === null;
    }
  }
};
