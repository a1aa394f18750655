import { CancellationScope, isCancellation, patched, sleep } from '@temporalio/workflow';
import type { Problem } from '../runbooks/errors.ts';
import type { Action, Release, Runbook, Step } from '../runbooks/runbook.ts';
import type { RolloutState } from '../runbooks/state.ts';
import { endOf } from '../runbooks/state.ts';
import { weightOf } from '../runbooks/traffic.ts';
import { backBudgetOf } from '../runbooks/stuck.ts';
import { wayBack } from '../runbooks/way-back.ts';
import { byHand } from '../runbooks/by-hand.ts';
import type { FlagsBlock } from '../runbooks/flags.ts';
import { targetOf } from '../runbooks/targets/write-time.ts';
import type { Prepared, RolloutInput } from './contract.ts';
import type { BackOut, Control } from './control.ts';
import { Failed } from './failed.ts';
import { backFence, byHandFence } from './fences.ts';
import type { Journal } from './journal.ts';
import { lateFor } from './late-writes.ts';
import { read, wait } from './profiles.ts';
import { problemOf } from './problem.ts';
import type { Watched } from './watchdog.ts';
import { underWatchdog } from './watchdog.ts';
import { applyAction } from './writes.ts';

/** How a rollout ended, as the table of states names it, and the sentence that says so. */
export type End = { readonly state: RolloutState; readonly sentence: string };

/**
 * The way back: at once, in a scope that nothing cancels, traffic first, without waiting for the ledger or for what it
 * interrupts. Where it fails for good a person decides; the rollout stays open until then.
 */
export const goBack = async (
  input: RolloutInput,
  { runbook, epoch }: Pick<Prepared, 'runbook' | 'epoch'>,
  begun: readonly number[],
  control: Control,
  journal: Journal,
  backOut: BackOut,
): Promise<End> =>
  CancellationScope.nonCancellable(async () => {
    const decidedAt = Date.now();
    const actions = wayBack(runbook, begun);
    const stays = codeStays(runbook, begun);
    const ends = endOf(backOut.cause.by);
    control.set('rolling-back');
    journal.note({ type: 'way-back', cause: backOut.cause, actions }, { actor: backOut.actor });
    if (!hasWritten(runbook, begun))
      return {
        state: ends === 'rolled-back' ? 'refused' : ends,
        sentence: `${backOut.cause.sentence} ${untouched(runbook, begun)}`,
      };

    const failed = new Failed(journal, control);
    const told = { settings: input.settings, control, journal };
    for (let round = 0; ; round += 1) {
      const problem =
        (stays ? null : noWayBack(runbook)) ??
        (await underWatchdog(failed.isAgain ? null : watchedBack(input, runbook, actions, begun), told, () =>
          surely(input, runbook, { actions, begun, epoch, round, decidedAt }, journal),
        ));
      if (problem === null) break;
      if (problem.code === 'TARGET_FENCED' && patched('by-hand-is-seen') && (await isBack(input, runbook))) {
        const found = await verifyEnd(input, runbook, runbook.from, journal);
        return {
          state: 'rolled-back-by-hand',
          sentence: `${backOut.cause.sentence} Somebody has moved the traffic back by hand. ${found}`,
        };
      }
      const mark = { rolloutId: input.rolloutId, fence: byHandFence(epoch) };
      const lines = byHand(runbook, targetOf(input.service, runbook), actions, mark, flagsOf(input));
      const decided = await failed.next(problem, lines, runbook.waits);
      if (decided === 'take-over') {
        return {
          state: 'rolled-back-by-hand',
          sentence: `${backOut.cause.sentence} The way back was taken over by a person.`,
        };
      }
      if (decided === 'retry') control.set('rolling-back');
    }
    const found = await verifyEnd(input, runbook, stays ? runbook.to : runbook.from, journal);
    return { state: ends, sentence: `${backOut.cause.sentence} ${found}` };
  });

/** Where the flags are kept that a way back turns. */
export const flagsOf = ({ service, environment }: RolloutInput): FlagsBlock | undefined =>
  service.environments[environment]?.flags;

const watchedBack = (
  input: RolloutInput,
  runbook: Runbook,
  actions: readonly Action[],
  begun: readonly number[],
): Watched | null => {
  const { stuck } = runbook.waits;
  if (stuck === undefined) return null;
  const late = lateFor(input, runbook, begun) ?? 0;
  const budgetMs = late + backBudgetOf(actions, readyWithin(runbook), stuck);
  return { index: null, step: null, budgetMs, then: 'told' };
};

/** A flag was ramped: what was deployed dark for it was promoted before, and stays. */
export const codeStays = ({ steps }: Runbook, begun: readonly number[]): boolean =>
  begun.some((index) => steps[index]?.kind === 'release');

const writing: ReadonlySet<Step['kind']> = new Set([
  'deploy',
  'scale',
  'shift',
  'release',
  'promote',
  'retire',
]);

const hasWritten = ({ steps }: Runbook, begun: readonly number[]): boolean =>
  begun.some((index) => writing.has(steps[index]?.kind ?? 'preflight'));

/** Why what has been written can not be taken back by itself; `null`: it can, or there is nothing to take back. */
export const noReturn = (runbook: Runbook, begun: readonly number[]): Problem | null =>
  hasWritten(runbook, begun) && !codeStays(runbook, begun) ? noWayBack(runbook) : null;

/** A higher fence than ours was left by a person's break-glass: whether the traffic is where we wanted it. */
const isBack = async (input: RolloutInput, { service, environment, from }: Runbook): Promise<boolean> => {
  if (from === null) return false;
  const { settings, service: file } = input;
  try {
    const { state } = await read(settings).observe({ place: { service, environment }, file, settings });
    return weightOf(state.weights, from.version) === 100;
  } catch (error) {
    if (isCancellation(error)) throw error;
    // Nobody can say: a person decides, as with any way back that failed.
    return false;
  }
};

/** What was added to the database is no harm to the version that goes on. */
const untouched = (runbook: Runbook, begun: readonly number[]): string =>
  begun.some((index) => runbook.steps[index]?.kind === 'migrate')
    ? 'No traffic had been moved; what had been added to the database stays.'
    : 'Nothing had been changed.';

/**
 * The first release ever has nothing behind it, and behind a point of no return there is nothing that would work: what
 * runs stays as it is until a person decides.
 */
const noWayBack = ({ from, to, migrations }: Runbook): Problem | null => {
  if (from === null) {
    return {
      code: 'NO_WAY_BACK',
      message: `Nothing ran before ${to.version}: it stays as it is.`,
      hint: 'Deploy a version that works, after taking this rollout over.',
    };
  }
  const passed = migrations?.noReturn ?? null;
  if (passed === null) return null;
  return {
    code: 'POINT_OF_NO_RETURN',
    message: `${passed} took away what ${from.version} needs from the database: ${to.version} stays as it is.`,
    hint: 'Roll forward: take this rollout over, then deploy a version that works (--hotfix).',
  };
};

/** One round of the way back. */
type Round = {
  readonly actions: readonly Action[];
  readonly begun: readonly number[];
  readonly epoch: number;
  readonly round: number;
  readonly decidedAt: number;
};

/**
 * The actions, and where the target keeps no fence and the write that was interrupted may still land: traffic back at
 * once, and all of it once more when nothing can land any more.
 */
const surely = async (
  input: RolloutInput,
  runbook: Runbook,
  round: Round,
  journal: Journal,
): Promise<Problem | null> => {
  const late = lateFor(input, runbook, round.begun);
  if (late === null) return runActions(input, runbook, round, journal, 'once');
  const { actions, decidedAt } = round;
  const traffic = actions.findIndex((action) => action.do === 'shift');
  const first = traffic < 0 ? actions : actions.slice(0, traffic + 1);
  const problem = await runActions(input, runbook, { ...round, actions: first }, journal, 'once');
  if (problem !== null) return problem;
  await sleep(Math.max(0, decidedAt + late - Date.now()));
  return runActions(input, runbook, round, journal, 'again');
};

/** `null`, or what stopped the way back. */
const runActions = async (
  input: RolloutInput,
  runbook: Runbook,
  { actions, epoch, round, decidedAt }: Round,
  journal: Journal,
  time: 'once' | 'again',
): Promise<Problem | null> => {
  // A way back has far fewer actions than that.
  const from = time === 'once' ? 0 : 50;
  for (const [i, action] of actions.entries()) {
    try {
      await applyAction(input, runbook, action, {
        key: `${input.rolloutId}/${String(from + i)}/back/${String(round)}`,
        fence: backFence(epoch, round, from + i),
        summary: `way back: ${action.do}`,
      });
      await readyAgain(input, runbook, action, actions.slice(i + 1));
    } catch (error) {
      return problemOf(error);
    }
    if ((action.do === 'shift' || action.do === 'flag') && time === 'once')
      journal.note({ type: 'traffic-back', afterMs: Date.now() - decidedAt });
  }
  return null;
};

/**
 * Before traffic returns to instances that were started for it, they have to answer. Where some never do, the traffic
 * returns to those that do: the target refuses it only where there is none.
 */
const readyAgain = async (
  input: RolloutInput,
  runbook: Runbook,
  action: Action,
  later: readonly Action[],
): Promise<void> => {
  const { from } = runbook;
  const started = startedBy(action);
  if (from === null || started?.version !== from.version) return;
  if (!later.some((next) => next.do === 'shift' && weightOf(next.weights, from.version) > 0)) return;
  const withinMs = readyWithin(runbook);
  const { instances } = started;
  try {
    await wait(input.settings, withinMs, `${from.version} ready again`).ready({
      place: { service: runbook.service, environment: runbook.environment },
      file: input.service,
      release: from,
      ...(instances === undefined ? {} : { instances }),
      withinMs,
    });
  } catch (error) {
    if (problemOf(error).code !== 'NOT_READY') throw error;
  }
};

const readyWithin = ({ steps, verify }: Runbook): number =>
  steps.find((step) => step.kind === 'deploy')?.withinMs ?? verify.withinMs;

const startedBy = (
  action: Action,
): { readonly version: string; readonly instances: number | undefined } | null => {
  if (action.do === 'deploy') return { version: action.release.version, instances: action.instances };
  if (action.do === 'scale' && action.instances > 0) return action;
  return null;
};

/** After any way back: metrics recovered, smoke tests green, digest observed. Failing that it is not the release. */
const verifyEnd = async (
  input: RolloutInput,
  runbook: Runbook,
  release: Release | null,
  journal: Journal,
): Promise<string> => {
  if (release === null) return 'Nothing ran before; nothing to verify.';
  const { withinMs, smoke } = runbook.verify;
  let found: { readonly recovered: boolean; readonly sentence: string };
  try {
    found = await wait(input.settings, withinMs, `${release.version} healthy again`).verify({
      place: { service: runbook.service, environment: runbook.environment },
      file: input.service,
      release,
      withinMs,
      smoke,
      gates: runbook.gates,
    });
  } catch (error) {
    found = { recovered: false, sentence: `It could not be verified: ${problemOf(error).message}` };
  }
  journal.note({ type: 'verified', ...found });
  return found.sentence;
};
