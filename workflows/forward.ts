import type { DeployStep, ScaleStep, Step } from '../runbooks/runbook.ts';
import { asAction } from '../runbooks/runbook.ts';
import { budgetOf } from '../runbooks/stuck.ts';
import { mayGoOn } from './between-steps.ts';
import { forwardFence } from './fences.ts';
import { migrate, read, smoke, wait } from './profiles.ts';
import type { Run } from './run.ts';
import { nextTitle } from './run.ts';
import { watchStep } from './watch-step.ts';
import type { Watched } from './watchdog.ts';
import { underWatchdog } from './watchdog.ts';
import { applyAction } from './writes.ts';

/** Runs the runbook's steps in order. Ends early by cancellation of `control.forward`. */
export const goForward = async (run: Run): Promise<void> => {
  for (const [index, step] of run.prepared.runbook.steps.entries()) {
    await mayGoOn(run, index);
    if (step.kind === 'watch' && run.control.wishes.promote) {
      run.journal.note({ type: 'step-skipped', step: index, why: 'a person promoted the release' });
      continue;
    }
    run.journal.note({ type: 'step-started', step: index });
    run.begun.push(index);
    const found = await underWatchdog(watchedStep(run, step, index), toldBy(run), () =>
      runStep(run, step, index),
    );
    run.journal.note({ type: 'step-done', step: index, found });
  }
};

const toldBy = ({ input: { settings }, control, journal }: Run) => ({ settings, control, journal });

const watchedStep = ({ prepared, control }: Run, step: Step, index: number): Watched | null => {
  const { stuck } = prepared.runbook.waits;
  const budgetMs = stuck === undefined ? null : budgetOf(step, stuck);
  if (stuck === undefined || budgetMs === null) return null;
  return { index, step, budgetMs, then: control.returning ? 'told' : stuck.then };
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
    case 'migrate':
      control.set('deploying', { next: nextTitle(run, index) });
      return migrate(input.settings, step.withinMs, step.title).migrate({
        rolloutId: input.rolloutId,
        place,
        file: input.service,
        release: runbook.to,
        level: step.level,
        migrations: step.migrations,
        withinMs: step.withinMs,
      });
    case 'deploy':
      control.set('deploying', { next: nextTitle(run, index) });
      await act();
      await becomeReady(run, step, step.withinMs);
      return null;
    case 'scale':
      control.set(
        run.begun.some((begun) => runbook.steps[begun]?.kind === 'shift') ? 'ramping' : 'deploying',
        {
          next: nextTitle(run, index),
        },
      );
      await act();
      if (step.withinMs !== null) await becomeReady(run, step, step.withinMs);
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
    case 'release':
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

const becomeReady = (
  { input, prepared: { runbook } }: Run,
  { release, instances }: DeployStep | ScaleStep,
  withinMs: number,
): Promise<void> =>
  wait(input.settings, withinMs, `${release.version} ready`).ready({
    place: { service: runbook.service, environment: runbook.environment },
    file: input.service,
    release,
    ...(instances === undefined ? {} : { instances }),
    withinMs,
  });
