import { SluiceError } from '../runbooks/errors.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import type { Prepared, RolloutInput } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import { hashRunbook, makePrepare } from './prepare.ts';
import { storeWayBack } from './way-back/stored.ts';

/**
 * The last look before the first write: the same request must still give the same runbook. Then leaves the way back
 * beside the target, for break-glass; writes nothing else. Key: the rollout.
 * @throws SluiceError with the first refusal, or RUNBOOK_INVALID when the world has moved since the plan
 */
export const makePreflight = (deps: Deps) => {
  const prepare = makePrepare(deps);
  return async (input: RolloutInput, runbook: Runbook): Promise<void> => {
    const again = await prepare(input);
    if (!again.ok) {
      const [problem] = again.problems;
      throw new SluiceError(
        problem ?? { code: 'RUNBOOK_INVALID', message: 'No runbook can be made any more.' },
      );
    }
    // What `keep` has taken away meanwhile is no reason to stop.
    const { keep } = again.runbook;
    if (hashRunbook({ ...runbook, keep }) === again.hash) {
      await leaveWayBack(deps, input, again);
      return;
    }
    throw new SluiceError({
      code: 'RUNBOOK_INVALID',
      message: 'What runs has changed since the runbook was made; nothing has been written.',
      hint: 'Ask again: the new plan starts from what runs now.',
    });
  };
};

/** Of a rollout that could not leave its way back, nothing is written to the target either. */
const leaveWayBack = async (
  { target }: Deps,
  { service: file, environment, rolloutId }: RolloutInput,
  { runbook, epoch }: Prepared,
): Promise<void> => {
  const place = { service: file.service, environment };
  const kept = target(file, place).wayBackFile?.(place.service);
  if (kept !== undefined) await storeWayBack(kept, { rolloutId, epoch }, runbook);
};
