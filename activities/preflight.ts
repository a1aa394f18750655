import { SluiceError } from '../runbooks/errors.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import type { RolloutInput } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import { hashRunbook, makePrepare } from './prepare.ts';

/**
 * The last look before the first write: the same request must still give the same runbook. Writes nothing.
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
    if (hashRunbook({ ...runbook, keep }) === again.hash) return;
    throw new SluiceError({
      code: 'RUNBOOK_INVALID',
      message: 'What runs has changed since the runbook was made; nothing has been written.',
      hint: 'Ask again: the new plan starts from what runs now.',
    });
  };
};
