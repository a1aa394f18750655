import { ApplicationFailure, condition } from '@temporalio/workflow';
import type { Cause } from '../runbooks/events.ts';
import type { Verdict } from '../runbooks/verdict.ts';
import type { Prepared, RolloutInput } from './contract.ts';
import type { Control } from './control.ts';
import type { Journal } from './journal.ts';
import type { Watching } from './watching.ts';

/** Everything a step needs; `begun` is the way back's stack: an index is pushed before its step acts. */
export type Run = {
  readonly input: RolloutInput;
  readonly prepared: Prepared;
  readonly control: Control;
  readonly journal: Journal;
  readonly watching: Watching;
  readonly begun: number[];
};

export const nextTitle = (run: Run, index: number): string =>
  run.prepared.runbook.steps[index + 1]?.title ?? 'done';

/** Goes back by cancelling the forward scope; never returns, because the scope is what the caller runs in. */
export const stop = async (run: Run, cause: Cause): Promise<never> => {
  run.control.goBack({ cause, actor: null });
  await condition(() => false);
  throw ApplicationFailure.nonRetryable('a cancelled scope went on', 'INTERNAL');
};

export const breach = (run: Run, verdict: Verdict, index: number): Promise<never> =>
  stop(run, { by: 'breach', sentence: verdict.sentence, step: index });
