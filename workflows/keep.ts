import { allHandlersFinished, condition, setHandler } from '@temporalio/workflow';
import { sayDuration } from '../runbooks/units.ts';
import { Contracting } from './contracting.ts';
import type { KeepInput } from './contract.ts';
import { keepFence } from './fences.ts';
import { Journal } from './journal.ts';
import { LateTeller } from './late-teller.ts';
import { claimUpdate } from './messages.ts';
import { problemOf } from './problem.ts';
import { applyAction } from './writes.ts';

/**
 * After a promotion: what lost its use is taken away at once, the old version stays ready for a rollback, then goes
 * too, and last of all what the database kept for it. The deploy or rollback that needs the old version claims it
 * first; then nothing more is taken away.
 */
export async function keep(input: KeepInput): Promise<string> {
  const { rolloutId, place, file, plan, epoch, settings } = input;
  const teller = new LateTeller(input);
  const journal = new Journal(rolloutId, 'keep', settings, { tell: teller.tell });
  const retired: string[] = [];
  let claimedBy: string | null = null;
  let busy = false;
  const contracting = new Contracting(input, journal);
  contracting.listen();
  setHandler(claimUpdate, async ({ by }) => {
    claimedBy ??= by;
    await condition(() => !busy);
    return { retired, contracted: contracting.done };
  });
  void journal.drain();
  void teller.run();

  const alone = async (work: () => Promise<void>): Promise<void> => {
    busy = true;
    try {
      await work();
    } finally {
      busy = false;
    }
  };
  const retire = (version: string): Promise<void> =>
    alone(async () => {
      try {
        await takeAway(version);
      } catch (error) {
        if (problemOf(error).code !== 'TARGET_FENCED') throw error;
        // Somebody has written above this rollout, as break-glass does: what is left is theirs.
        claimedBy ??= 'a newer writer of the target';
        return;
      }
      retired.push(version);
      journal.note({ type: 'retired', version });
    });
  const takeAway = (version: string): Promise<void> =>
    applyAction(
      { rolloutId, service: file, settings },
      place,
      { do: 'retire', version },
      {
        key: `${rolloutId}/${version}/retire`,
        fence: keepFence(epoch, retired.length),
        summary: `${version} is not needed any more`,
      },
    );
  const isClaimed = (): boolean => claimedBy !== null;

  for (const version of plan.retireNow) if (!isClaimed()) await retire(version);
  if (plan.warm !== null && !isClaimed()) {
    const claimed = await condition(isClaimed, plan.keepWarmMs);
    if (!claimed) await retire(plan.warm);
  }
  await contracting.run(isClaimed, alone);
  journal.note({ type: 'keep-closed', claimedBy });
  await journal.settle();
  await teller.settle();
  await condition(allHandlersFinished);
  return claimedBy === null ? `kept for ${sayDuration(plan.keepWarmMs)}` : `claimed by ${String(claimedBy)}`;
}
