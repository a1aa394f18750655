import { CancellationScope } from '@temporalio/workflow';
import type { Problem } from '../runbooks/errors.ts';
import type { Action, Runbook, Step } from '../runbooks/runbook.ts';
import type { RolloutState } from '../runbooks/state.ts';
import { wayBack } from '../runbooks/way-back.ts';
import { byHand } from '../runbooks/by-hand.ts';
import type { Prepared, RolloutInput } from './contract.ts';
import type { BackOut, Control } from './control.ts';
import { backFence, byHandFence } from './fences.ts';
import type { Journal } from './journal.ts';
import { wait } from './profiles.ts';
import { problemOf } from './problem.ts';
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
    const person = backOut.cause.by === 'person';
    control.set('rolling-back');
    journal.note({ type: 'way-back', cause: backOut.cause, actions }, { actor: backOut.actor });
    const wrote = begun.some((index) => writing.has(runbook.steps[index]?.kind ?? 'preflight'));
    if (!wrote)
      return {
        state: person ? 'aborted' : 'refused',
        sentence: `${backOut.cause.sentence} Nothing had been changed.`,
      };

    for (let round = 0; ; round += 1) {
      const problem =
        runbook.from === null
          ? noWayBack(runbook)
          : await runActions(input, runbook, actions, epoch, round, journal, decidedAt);
      if (problem === null) break;
      journal.note({
        type: 'way-back-failed',
        problem,
        byHand: byHand(runbook, actions, { rolloutId: input.rolloutId, fence: byHandFence(epoch) }),
      });
      if (!(await control.decidedAfterFailure())) {
        return {
          state: 'rolled-back-by-hand',
          sentence: `${backOut.cause.sentence} The way back was taken over by a person.`,
        };
      }
      control.set('rolling-back');
    }
    const found = await verifyEnd(input, runbook, journal);
    return { state: person ? 'aborted' : 'rolled-back', sentence: `${backOut.cause.sentence} ${found}` };
  });

const writing: ReadonlySet<Step['kind']> = new Set(['deploy', 'shift', 'promote', 'retire']);

/** The first release ever has nothing behind it: what runs stays as it is until a person decides. */
const noWayBack = (runbook: Runbook): Problem => ({
  code: 'NO_WAY_BACK',
  message: `Nothing ran before ${runbook.to.version}: it stays as it is.`,
  hint: 'Deploy a version that works, after taking this rollout over.',
});

/** `null`, or what stopped the way back. */
const runActions = async (
  input: RolloutInput,
  runbook: Runbook,
  actions: readonly Action[],
  epoch: number,
  round: number,
  journal: Journal,
  decidedAt: number,
): Promise<Problem | null> => {
  for (const [i, action] of actions.entries()) {
    try {
      await applyAction(input, runbook, action, {
        key: `${input.rolloutId}/${String(i)}/back/${String(round)}`,
        fence: backFence(epoch, round, i),
        summary: `way back: ${action.do}`,
      });
    } catch (error) {
      return problemOf(error);
    }
    if (action.do === 'shift') journal.note({ type: 'traffic-back', afterMs: Date.now() - decidedAt });
  }
  return null;
};

/** After any way back: metrics recovered, smoke tests green, digest observed. Failing that it is not the release. */
const verifyEnd = async (input: RolloutInput, runbook: Runbook, journal: Journal): Promise<string> => {
  if (runbook.from === null) return 'Nothing ran before; nothing to verify.';
  const { withinMs, smoke } = runbook.verify;
  let found: { readonly recovered: boolean; readonly sentence: string };
  try {
    found = await wait(input.settings, withinMs, `${runbook.from.version} healthy again`).verify({
      place: { service: runbook.service, environment: runbook.environment },
      file: input.service,
      release: runbook.from,
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
