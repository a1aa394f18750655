import type { Verdict } from '../../runbooks/verdict.ts';
import type { WatchActivities } from '../../workflows/contract.ts';
import type { Script } from './stage-script.ts';

export const verdict = (kind: Verdict['kind'], reason: string = kind): Verdict => ({
  kind,
  reason,
  sentence: `${kind}: ${reason}.`,
  t: 1,
  canary: { requests: 100, errors: 0 },
  baseline: { requests: 900, errors: 0 },
  samples: { seen: 10, due: 10 },
  recording: null,
});

/** What a script says of the watches, one after the other, and of what is waited for. */
export const watchActivity =
  (play: Script): WatchActivities['watch'] =>
  async (input) => {
    play.watched.push(input);
    const waited = { verdict: verdict('inconclusive', 'too-little-traffic'), carry: null };
    if (input.awaits !== null) return { ...waited, met: (await play.comes?.(input)) ?? false };
    const next = play.watches.length > 1 ? play.watches.shift() : play.watches[0];
    if (next === undefined) throw new Error('the script has no verdict');
    return { verdict: typeof next === 'function' ? await next(input) : next, carry: null, met: false };
  };
