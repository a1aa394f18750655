import type { Runbook } from '../runbooks/runbook.ts';
import { asAction } from '../runbooks/runbook.ts';
import { targetOf, writeMsOf } from '../runbooks/targets/write-time.ts';
import type { RolloutInput } from './contract.ts';

/**
 * How long after its interruption a write of the last step that was begun may still land on a target that keeps no fence,
 * in ms; `null`: none can. The way back is made at once, and once more after that.
 */
export const lateFor = (
  { service, settings }: Pick<RolloutInput, 'service' | 'settings'>,
  { environment, steps }: Pick<Runbook, 'environment' | 'steps'>,
  begun: readonly number[],
): number | null => {
  const target = targetOf(service, { environment });
  if (target?.command === undefined) return null;
  const last = steps[Math.max(...begun)];
  const times = (last === undefined ? [] : asAction(last)).map((action) =>
    writeMsOf(target, action, settings.writeMs),
  );
  return times.length === 0 ? null : Math.max(...times);
};
