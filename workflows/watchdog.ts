import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { StuckThen } from '../runbooks/stuck.ts';
import { sayStuck } from '../runbooks/stuck.ts';
import type { Step } from '../runbooks/runbook.ts';
import type { Settings } from './contract.ts';
import type { Control } from './control.ts';
import type { Journal } from './journal.ts';
import { look } from './profiles.ts';

/** What is watched: a step of the runbook, or (`null`) the way back. `then` is what follows when it is stuck. */
export type Watched = {
  readonly index: number | null;
  readonly step: Step | null;
  readonly budgetMs: number;
  readonly then: StuckThen;
};

type Told = {
  readonly settings: Settings;
  readonly control: Control;
  readonly journal: Journal;
};

/**
 * Work with a timer beside it. When its time is over and it is not done, what it waits for is said once, in the status
 * and as an event, and then what the policy says is done; the work goes on until that ends it.
 */
export const underWatchdog = async <T>(
  watched: Watched | null,
  { settings, control, journal }: Told,
  work: () => Promise<T>,
): Promise<T> => {
  if (watched === null) return work();
  const { index, step, budgetMs, then } = watched;
  const scope = new CancellationScope({ cancellable: true });
  const bark = async (): Promise<void> => {
    await sleep(budgetMs, { summary: 'when this is stuck' });
    const sentence = sayStuck(step, budgetMs, await seenOf(settings));
    journal.note({ type: 'stuck', step: index, sentence, then });
    control.waitsFor(sentence);
    if (then === 'rollback') control.goBack({ actor: null, cause: { by: 'time', sentence, step: index } });
  };
  // Ended with the work, which is the usual end of it.
  scope.run(bark).catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  try {
    return await work();
  } finally {
    control.waitsFor(null);
    scope.cancel();
  }
};

/** What Temporal knows of the work under way; nobody waits long for it. */
const seenOf = async (settings: Settings): Promise<string | null> => {
  try {
    return await look(settings).pendingWork();
  } catch (error) {
    if (isCancellation(error)) throw error;
    return null;
  }
};
