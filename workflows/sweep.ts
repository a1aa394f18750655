import { sweep as sweepActivity } from './profiles.ts';

/** Looks for rollouts that are open in the ledger and have no run any more; started by a schedule. */
export async function sweep(queue: string): Promise<readonly string[]> {
  return sweepActivity(queue).sweep();
}
