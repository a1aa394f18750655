import type { Verdict } from '../runbooks/verdict.ts';
import { hasCome, silentFor } from '../src/gates/awaited.ts';
import { rolloutGate as gate } from '../src/gates/rollout-gate.ts';
import type { GateSettings } from '../src/gates/settings.ts';
import type { GateState } from '../src/gates/state.ts';
import type { WatchInput } from '../workflows/contract.ts';
import type { Window } from './metrics/make-recording.ts';

/**
 * What ends a watch before its time, but for a breach: what it waits for has come, or the new version's metrics have
 * been silent for so long that people have to know. `null`: it goes on.
 */
export const endsEarly = (
  { awaits, silenceMs }: Pick<WatchInput, 'awaits' | 'silenceMs'>,
  settings: GateSettings,
  state: GateState,
  t: number,
): { readonly verdict: Verdict; readonly ended: NonNullable<Window['ended']> } | null => {
  if (awaits !== null && hasCome(awaits, settings, state, t))
    return { verdict: gate.close(settings, state, t), ended: { t, why: 'came' } };
  if (silenceMs !== null && silentFor(state, t) * 1000 >= silenceMs)
    return { verdict: gate.silence(settings, state, t), ended: { t, why: 'silence' } };
  return null;
};
