import type { WorkflowHandle } from '@temporalio/client';
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
    play.underWay += 1;
    try {
      const waited = { verdict: verdict('inconclusive', 'too-little-traffic'), carry: null };
      if (input.awaits !== null) return { ...waited, met: (await play.comes?.(input)) ?? false };
      const next = play.watches.length > 1 ? play.watches.shift() : play.watches[0];
      if (next === undefined) throw new Error('the script has no verdict');
      return { verdict: typeof next === 'function' ? await next(input) : next, carry: null, met: false };
    } finally {
      play.underWay -= 1;
    }
  };

/** Generous: then a test fails with what it waited for instead of by its time. */
const heardWithinMs = 60_000;

/**
 * Resolves once the rollout has heard of every watch that has ended. A watch of a script ends at once, and the server of
 * these tests loses the task of a workflow that cancels an activity in the moment in which it ends ("ACTIVITY_UNKNOWN"),
 * with whatever was said in it; a real one has the cancellation come too late and goes on.
 */
export const watchesHeard = async (handle: WorkflowHandle, play: Script): Promise<void> => {
  for (const deadline = Date.now() + heardWithinMs; ;) {
    const { raw } = await handle.describe();
    const { events } = await handle.fetchHistory();
    const open = (raw.pendingActivities ?? []).filter(
      // One that waits for its next attempt ends no earlier than that.
      ({ activityType, attempt }) => activityType?.name === 'watch' && (attempt ?? 1) <= 1,
    );
    const tasks = (events ?? []).filter(
      (event) => event.workflowTaskScheduledEventAttributes ?? event.workflowTaskCompletedEventAttributes,
    );
    const heard = tasks.at(-1)?.workflowTaskCompletedEventAttributes;
    if (open.length <= play.underWay && heard !== null && heard !== undefined) return;
    if (Date.now() > deadline)
      throw new Error(
        `${String(open.length)} watches are open, of which ${String(play.underWay)} are under way; the last task of the rollout is ${String(tasks.at(-1)?.eventType)}.`,
      );
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
