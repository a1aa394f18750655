import type { TargetState } from '../runbooks/runbook.ts';
import type { ObserveInput } from './contract.ts';
import { read } from './profiles.ts';

/** What runs now, as the target says it: for a façade that has no adapters of its own. */
export async function observe(input: ObserveInput): Promise<TargetState> {
  return read(input.settings).observe(input);
}
