import { z } from 'zod';
import type { Problem } from './errors.ts';
import { errorTable } from './errors.ts';
import type { Action, Step } from './runbook.ts';
import { duration, sayDuration } from './units.ts';

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** What follows when a step is past its time. */
export const stuckSchema = z
  .strictObject({
    after: duration(second, day)
      .prefault('90s')
      .describe('a step that is not done so long after its own time says what it waits for'),
    then: z
      .enum(['rollback', 'page'])
      .prefault('rollback')
      .describe(
        'and then: the way back, or somebody is paged and it goes on waiting as long as its own tries last',
      ),
  })
  .prefault({})
  .describe('steps that do not end');

/** As the runbook freezes it. A way back that is stuck can only be told. */
export type StuckPolicy = { readonly afterMs: number; readonly then: 'rollback' | 'page' };

/** What is done about a step that is past its time; `told`: nothing but saying so, it is a way back already. */
export type StuckThen = StuckPolicy['then'] | 'told';

/** The step's own time and the patience beyond it, in ms; `null`: a watch ends by itself. */
export const budgetOf = (step: Step, { afterMs }: StuckPolicy): number | null => {
  switch (step.kind) {
    case 'watch':
      return null;
    case 'migrate':
    case 'deploy':
    case 'scale':
    case 'verify':
      return (step.withinMs ?? 0) + afterMs;
    case 'smoke':
      return step.checks.reduce((sum, { http }) => sum + http.within, 0) + afterMs;
    case 'preflight':
    case 'shift':
    case 'release':
    case 'promote':
    case 'retire':
      return afterMs;
    default:
      return step satisfies never;
  }
};

/** The same of a way back: what is started again for it may take as long as it would in a deploy. */
export const backBudgetOf = (
  actions: readonly Action[],
  readyMs: number,
  { afterMs }: StuckPolicy,
): number => {
  const starts = actions.some(
    (action) => action.do === 'deploy' || (action.do === 'scale' && action.instances > 0),
  );
  return afterMs + (starts ? readyMs : 0);
};

/** What a step waits for, as far as its kind tells. */
const kindWaitsFor = (step: Step): string => {
  switch (step.kind) {
    case 'preflight':
      return 'the checks before the first write';
    case 'migrate':
      return "the service's database";
    case 'deploy':
    case 'scale':
      return step.withinMs === null ? 'the target' : `the target, and ${step.release.version} to be ready`;
    case 'smoke':
      return `answers of ${step.version}`;
    case 'watch':
      return 'the gate';
    case 'release':
      return `the driver of the flag ${step.flag}`;
    case 'verify':
      return `${step.release.version} to be well`;
    case 'shift':
    case 'promote':
    case 'retire':
      return 'the target';
    default:
      return step satisfies never;
  }
};

/** `seen`: what the work under way says of itself, in sentences; `null`: it could not be asked. */
export const sayStuck = (step: Step | null, budgetMs: number, seen: string | null): string => {
  const [what, waits] = step === null ? ['the way back', 'the target'] : [step.title, kindWaitsFor(step)];
  return `${what} is not done after ${sayDuration(budgetMs)}: it waits for ${waits}.${seen === null ? '' : ` ${seen}`}`;
};

const pauses: readonly number[] = [15 * second, 30 * second, minute, 2 * minute];
const laterPause = 5 * minute;
const mostTries = 16;

/**
 * How long until a failed way back is tried again by itself, in ms; `null`: never. Every action tells the wanted state
 * under a higher fence, so that trying is safe where what stood in the way may pass: an answer that was final stays so.
 * The tries end after about an hour; by then somebody has been paged.
 */
export const againAfterMs = (tries: number, { code }: Problem): number | null =>
  tries >= mostTries || !errorTable[code].retryable ? null : (pauses[tries] ?? laterPause);
