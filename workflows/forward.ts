import { ApplicationFailure, condition } from '@temporalio/workflow';
import type { Cause } from '../runbooks/events.ts';
import type { Step, WatchStep } from '../runbooks/runbook.ts';
import { asAction } from '../runbooks/runbook.ts';
import { sayDuration } from '../runbooks/units.ts';
import type { Verdict } from '../runbooks/verdict.ts';
import type { Prepared, RolloutInput } from './contract.ts';
import type { Control } from './control.ts';
import { forwardFence } from './fences.ts';
import type { Journal } from './journal.ts';
import { read, smoke, wait } from './profiles.ts';
import type { Watching } from './watching.ts';
import { applyAction } from './writes.ts';

/** Everything a step needs; `begun` is the way back's stack: an index is pushed before its step acts. */
export type Run = {
  readonly input: RolloutInput;
  readonly prepared: Prepared;
  readonly control: Control;
  readonly journal: Journal;
  readonly watching: Watching;
  readonly begun: number[];
};

/** Runs the runbook's steps in order. Ends early by cancellation of `control.forward`. */
export const goForward = async (run: Run): Promise<void> => {
  for (const [index, step] of run.prepared.runbook.steps.entries()) {
    await released(run, index);
    if (step.kind === 'watch' && run.control.wishes.promote) {
      run.journal.note({ type: 'step-skipped', step: index, why: 'a person promoted the release' });
      continue;
    }
    run.journal.note({ type: 'step-started', step: index });
    run.begun.push(index);
    const found = await runStep(run, step, index);
    run.journal.note({ type: 'step-done', step: index, found });
  }
};

/** A held rollout keeps its share and is still watched; held for too long it goes back. */
const released = async (run: Run, index: number): Promise<void> => {
  const { control } = run;
  while (control.wishes.held !== null) {
    // Held while its watch was asking: the answer has been given, and what it waits for now is `resume`.
    if (control.state !== 'held') control.set('ramping', { next: nextTitle(run, index - 1) });
    const ms = Math.max(0, Date.parse(control.wishes.held.until) - Date.now());
    let timely = true;
    const until = condition(() => control.wishes.held === null, ms).then((inTime) => {
      timely = inTime;
    });
    const verdict = await run.watching.guarded(lastWatch(run, index), index, ms, until);
    if (verdict !== null) return breach(run, verdict, index);
    if (!timely) {
      return stop(run, {
        by: 'time',
        sentence: `Held for ${sayDuration(run.prepared.runbook.waits.heldMs)} and not resumed.`,
        step: index,
      });
    }
  }
};

/** The watch that speaks for the traffic as it is now: the last one before this step, if traffic has been moved. */
const lastWatch = (run: Run, index: number): WatchStep | null => {
  for (let i = index - 1; i >= 0; i -= 1) {
    const step = run.prepared.runbook.steps[i];
    if (step?.kind === 'watch') return step;
    if (step?.kind === 'promote') return null;
  }
  return null;
};

const breach = (run: Run, verdict: Verdict, index: number): Promise<never> =>
  stop(run, { by: 'breach', sentence: verdict.sentence, step: index });

/** Goes back by cancelling the forward scope; never returns, because the scope is what the caller runs in. */
const stop = async (run: Run, cause: Cause): Promise<never> => {
  run.control.goBack({ cause, actor: null });
  await condition(() => false);
  throw ApplicationFailure.nonRetryable('a cancelled scope went on', 'INTERNAL');
};

const runStep = async (run: Run, step: Step, index: number): Promise<string | null> => {
  const { input, control, prepared } = run;
  const { runbook, epoch } = prepared;
  const place = { service: runbook.service, environment: runbook.environment };
  const mark = (summary: string) => ({
    key: `${input.rolloutId}/${String(index)}/forward`,
    fence: forwardFence(epoch, index),
    summary,
  });
  const act = async (): Promise<void> => {
    for (const action of asAction(step)) await applyAction(input, runbook, action, mark(step.title));
  };
  switch (step.kind) {
    case 'preflight':
      control.set('deploying', { next: nextTitle(run, index) });
      await read(input.settings).preflight(input, runbook);
      return null;
    case 'deploy':
      control.set('deploying', { next: nextTitle(run, index) });
      await act();
      await wait(input.settings, step.withinMs, `${step.release.version} ready`).ready({
        place,
        file: input.service,
        release: step.release,
        withinMs: step.withinMs,
      });
      return null;
    case 'smoke':
      control.set('deploying', { next: nextTitle(run, index) });
      return smoke(input.settings, 60_000, step.title).smoke({
        place,
        file: input.service,
        version: step.version,
        checks: step.checks,
      });
    case 'shift':
      control.set('ramping', { next: nextTitle(run, index) });
      await act();
      return null;
    case 'watch':
      return watchStep(run, step, index);
    case 'promote':
      control.set('ramping', { next: 'done' });
      await act();
      run.journal.note({
        type: 'promoted',
        service: runbook.service,
        environment: runbook.environment,
        release: step.release,
        by: 'rollout',
      });
      return null;
    case 'retire':
      await act();
      return null;
    case 'verify': {
      control.set('ramping', { next: nextTitle(run, index) });
      const found = await wait(input.settings, step.withinMs, step.title).verify({
        place,
        file: input.service,
        release: step.release,
        withinMs: step.withinMs,
        smoke: runbook.verify.smoke,
        gates: runbook.gates,
      });
      run.journal.note({ type: 'verified', ...found });
      return found.sentence;
    }
  }
};

const nextTitle = (run: Run, index: number): string => run.prepared.runbook.steps[index + 1]?.title ?? 'done';

/** A watch and what follows from "can't tell": once more, a person, or the way back, as the file says. */
const watchStep = async (run: Run, step: WatchStep, index: number): Promise<string> => {
  const { control, watching, prepared } = run;
  const { onInconclusive } = prepared.runbook.gates;
  const { waits } = prepared.runbook;
  let windowMs = step.windowMs;
  let extended = false;
  for (;;) {
    control.set('watching', {
      until: new Date(Date.now() + windowMs).toISOString(),
      next: nextTitle(run, index),
    });
    const verdict = await watching.window({ step, index, windowMs });
    if (verdict === null) return 'ended by a person, without a verdict';
    if (verdict.kind === 'breach') return breach(run, verdict, index);
    if (verdict.kind === 'pass') return verdict.sentence;
    if (onInconclusive.extend !== undefined && !extended) {
      extended = true;
      windowMs = onInconclusive.extend;
      continue;
    }
    if (onInconclusive.then === 'rollback')
      return stop(run, { by: 'silence', sentence: verdict.sentence, step: index });
    const ms =
      verdict.reason === 'no-data' || verdict.reason === 'no-traffic' ? waits.noDataMs : waits.heldMs;
    control.set('inconclusive', {
      until: new Date(Date.now() + ms).toISOString(),
      next: 'the way back, unless a person says otherwise',
    });
    let answer: Awaited<ReturnType<Control['answered']>> = null;
    const until = control.answered(ms).then((said) => {
      answer = said;
    });
    const worse = await watching.guarded(step, index, ms, until);
    if (worse !== null) return breach(run, worse, index);
    const said = answer as Awaited<ReturnType<Control['answered']>>;
    if (said === null) {
      return stop(run, {
        by: 'time',
        sentence: `${verdict.sentence} Nobody answered within ${sayDuration(ms)}.`,
        step: index,
      });
    }
    if (said === 'accept') return `accepted by a person: ${verdict.sentence}`;
    if (said === 'promote') return `promoted by a person: ${verdict.sentence}`;
    windowMs = onInconclusive.extend ?? step.windowMs;
  }
};
