import { condition } from '@temporalio/workflow';
import type { Step, WatchStep } from '../runbooks/runbook.ts';
import { sayDuration } from '../runbooks/units.ts';
import { calendar } from './profiles.ts';
import type { Run } from './run.ts';
import { breach, nextTitle, stop } from './run.ts';

/** What stands before a step: a person who holds the rollout, and a freeze. Returns once nothing does. */
export const mayGoOn = async (run: Run, index: number): Promise<void> => {
  do await released(run, index);
  while (await wasFrozen(run, index));
};

/** A held rollout keeps its share and is still watched; held for too long it goes back. */
const released = async (run: Run, index: number): Promise<void> => {
  const { control } = run;
  while (control.wishes.held !== null) {
    // Held while its watch was asking: the answer has been given, and what it waits for now is `resume`.
    if (control.state !== 'held') control.set('ramping', { next: nextTitle(run, index - 1) });
    const ms = Math.max(0, Date.parse(control.wishes.held.until) - Date.now());
    let timely = true;
    const until = async (): Promise<void> => {
      timely = await condition(() => control.wishes.held === null, ms);
    };
    const came = await run.watching.guarded(
      { step: lastWatch(run, index), index, windowMs: ms, awaits: null },
      until,
    );
    if (came !== null && came !== 'met') return breach(run, came, index);
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

const moving: ReadonlySet<Step['kind']> = new Set(['shift', 'release']);

/** Whoever began it against the freeze, with a reason, has decided for the whole of it. */
const heedsFreezes = ({ input, prepared: { runbook }, control }: Run, index: number): boolean =>
  !control.returning &&
  moving.has(runbook.steps[index]?.kind ?? 'preflight') &&
  input.overrides?.some(({ check }) => check === 'window') !== true;

/**
 * Whether a freeze was on, and has been waited for: the share stays and is still watched. What stood in the calendar may
 * be followed by another one, and a person may have said `hold` meanwhile: both are asked about again.
 */
const wasFrozen = async (run: Run, index: number): Promise<boolean> => {
  const { input, prepared, control, watching } = run;
  const block = input.service.environments[input.environment]?.freeze;
  if (block?.during !== 'hold' || !heedsFreezes(run, index)) return false;
  const freeze = await calendar(input.settings).freeze(block.windows);
  if (freeze === null) return false;
  // A worker's clock may be a moment behind the server's.
  const ms = Math.max(1_000, Date.parse(freeze.until) - Date.now());
  control.set('frozen', {
    until: freeze.until,
    next: `${prepared.runbook.steps[index]?.title ?? ''}, once the freeze is over (${freeze.reason})`,
  });
  const until = async (): Promise<void> => {
    await condition(() => control.wishes.held !== null, ms);
  };
  const wait = { step: lastWatch(run, index), index, windowMs: ms, awaits: null };
  const came = await watching.guarded(wait, until);
  return came !== null && came !== 'met' ? breach(run, came, index) : true;
};
