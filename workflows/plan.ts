import { isCancellation } from '@temporalio/workflow';
import type { Preparation, RolloutInput } from './contract.ts';
import { problemOf } from './problem.ts';
import { read } from './profiles.ts';

/** The runbook, or why there is none: an activity that fails for good is a refusal too. A cancellation is thrown on. */
export const prepareOrRefuse = async (input: RolloutInput): Promise<Preparation> => {
  try {
    return await read(input.settings).prepare(input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { ok: false, problems: [problemOf(error)] };
  }
};

/** Makes a runbook and runs nothing. The façade's only way to a plan: adapters live where workers are. */
export async function plan(input: RolloutInput): Promise<Preparation> {
  return prepareOrRefuse(input);
}
