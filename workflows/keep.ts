import { allHandlersFinished, condition, setHandler } from '@temporalio/workflow';
import { sayDuration } from '../runbooks/units.ts';
import type { KeepInput } from './contract.ts';
import { keepFence } from './fences.ts';
import { Journal } from './journal.ts';
import { claimUpdate } from './messages.ts';
import { applyAction } from './writes.ts';

/**
 * After a promotion: what lost its use is taken away at once, the old version stays ready for a rollback, then goes
 * too. The deploy or rollback that needs the old version claims it first; then nothing more is taken away.
 */
export async function keep({ rolloutId, place, file, plan, epoch, settings }: KeepInput): Promise<string> {
  const journal = new Journal(rolloutId, 'keep', settings);
  const retired: string[] = [];
  let claimedBy: string | null = null;
  let busy = false;
  setHandler(claimUpdate, async ({ by }) => {
    claimedBy ??= by;
    await condition(() => !busy);
    return { retired };
  });
  void journal.drain();

  const retire = async (version: string): Promise<void> => {
    busy = true;
    try {
      await applyAction(
        { rolloutId, service: file, settings },
        place,
        { do: 'retire', version },
        {
          key: `${rolloutId}/${version}/retire`,
          fence: keepFence(epoch, retired.length),
          summary: `${version} is not needed any more`,
        },
      );
      retired.push(version);
      journal.note({ type: 'retired', version });
    } finally {
      busy = false;
    }
  };
  const isClaimed = (): boolean => claimedBy !== null;

  for (const version of plan.retireNow) if (!isClaimed()) await retire(version);
  if (plan.warm !== null && !isClaimed()) {
    const claimed = await condition(isClaimed, plan.keepWarmMs);
    if (!claimed) await retire(plan.warm);
  }
  journal.note({ type: 'keep-closed', claimedBy });
  await journal.settle();
  await condition(allHandlersFinished);
  return claimedBy === null ? `kept for ${sayDuration(plan.keepWarmMs)}` : `claimed by ${String(claimedBy)}`;
}
