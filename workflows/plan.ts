import type { Preparation, RolloutInput } from './contract.ts';
import { problemOf } from './problem.ts';
import { read } from './profiles.ts';

/** Makes a runbook and runs nothing. The façade's only way to a plan: adapters live where workers are. */
export async function plan(input: RolloutInput): Promise<Preparation> {
  try {
    return await read(input.settings).prepare(input);
  } catch (error) {
    return { ok: false, problems: [problemOf(error)] };
  }
}
