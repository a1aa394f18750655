import { recordingsKeptMs } from '../src/store/recordings.ts';
import type { Deps } from './deps.ts';

/**
 * What has to be looked after from time to time: rollouts that lost their run, and recordings that are old enough to go.
 * Key: none needed; each part is safe to repeat.
 */
export const makeSweep =
  ({ recoverLost, recordings, clock, log }: Deps) =>
  async (): Promise<readonly string[]> => {
    const lost = await recoverLost();
    const pruned = await recordings.prune(clock() - recordingsKeptMs);
    if (pruned > 0) log.info({ pruned }, 'recordings of more than 90 days ago are gone');
    return lost;
  };
