import type { Observation, ObserveInput } from './contract.ts';
import { read } from './profiles.ts';

/** What runs now, as target and metrics say it: for a façade and a doctor that have no adapters of their own. */
export async function observe(input: ObserveInput): Promise<Observation> {
  return read(input.settings).observe(input);
}
