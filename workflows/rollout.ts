import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  ParentClosePolicy,
  patched,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { byHand } from '../runbooks/by-hand.ts';
import type { Problem } from '../runbooks/errors.ts';
import { asAction } from '../runbooks/runbook.ts';
import type { RolloutState } from '../runbooks/state.ts';
import type { Preparation, Prepared, RolloutInput } from './contract.ts';
import { Control } from './control.ts';
import { deliver } from './deliver.ts';
import type { Run } from './forward.ts';
import { goForward } from './forward.ts';
import { byHandFence } from './fences.ts';
import type { End } from './going-back.ts';
import { goBack } from './going-back.ts';
import { Journal } from './journal.ts';
import { keep } from './keep.ts';
import { plannedUpdate, statusQuery } from './messages.ts';
import { problemOf } from './problem.ts';
import { prepareOrRefuse } from './plan.ts';
import { claim } from './profiles.ts';
import { showStatus } from './status.ts';
import { Watching } from './watching.ts';

export type RolloutResult = {
  readonly rolloutId: string;
  readonly state: RolloutState;
  readonly sentence: string;
};

/**
 * One environment of one service moving to one release: from preflight to promotion, or to the old version and its
 * verification. The workflow's id is the lock. It outlives every process; commands reach it as updates.
 */
export async function rollout(input: RolloutInput): Promise<RolloutResult> {
  const journal = new Journal(input.rolloutId, 'rollout', input.settings);
  const begun: number[] = [];
  let prepared: Prepared | null = null;
  let answer: Preparation | null = null;

  const control: Control = new Control(input.rolloutId, journal, input.service.access, {
    shown: () => {
      showStatus(prepared?.runbook ?? null, begun.at(-1) ?? null, control.doing);
    },
    heldMs: () => prepared?.runbook.waits.heldMs ?? 0,
    step: () => begun.at(-1) ?? null,
  });
  control.listen();
  setHandler(
    plannedUpdate,
    async () => {
      await condition(() => answer !== null);
      if (answer === null) throw ApplicationFailure.nonRetryable('the runbook got lost', 'INTERNAL');
      return answer;
    },
    {
      validator: ({ rolloutId }) => {
        if (rolloutId !== input.rolloutId) throw locked(input, control);
      },
    },
  );
  setHandler(statusQuery, () => ({
    rolloutId: input.rolloutId,
    step: begun.at(-1) ?? null,
    ...control.doing,
  }));
  void journal.drain();
  control.set('planning');

  const first = await prepareWithin(input, control);
  answer = first;
  if (!first.ok) {
    if (input.kind === 'deploy' && forgets()) throw lostMemory(first.problems);
    return finish(input, journal, control, refuse(journal, control, first.problems));
  }
  prepared = first;
  const { runbook, hash, epoch, warnings } = prepared;
  journal.note({ type: 'planned', hash, runbook, epoch, warnings });

  const watching = new Watching(input, runbook, control, journal);
  const run: Run = { input, prepared, control, journal, watching, begun };
  const end = input.kind === 'deploy' ? await forwardOrBack(run) : await goReturn(run);
  if (end.state === 'succeeded') await startKeep(run);
  return finish(input, journal, control, end);
}

/**
 * Whether this run was reset in Temporal to an earlier moment: it does not remember what its earlier life did after
 * that. What was decided before the moment stands in the history and stays as it was: `patched` tells the two apart.
 */
const forgets = (): boolean => {
  const { runId, originalExecutionRunId } = workflowInfo();
  return runId !== originalExecutionRunId && patched('undo-what-was-forgotten');
};

/**
 * A reset run that has no runbook any more may have moved traffic: it fails instead of closing as refused, so that the
 * ledger, where it is open, has it found and taken back by a recovery.
 */
const lostMemory = (problems: readonly Problem[]): ApplicationFailure => {
  const why = problems.map(({ message }) => message).join(' ');
  return ApplicationFailure.nonRetryable(
    `It was reset in Temporal to before its runbook, which can not be made again: ${why}`,
    'RUNBOOK_INVALID',
  );
};

/** Makes the runbook; what can not be planned is refused and nothing has been written anywhere. */
const prepareWithin = async (input: RolloutInput, control: Control): Promise<Preparation> => {
  try {
    return await control.forward.run(() => prepareOrRefuse(input));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    const message = control.wishes.backOut?.cause.sentence ?? 'Cancelled in Temporal before anything ran.';
    return { ok: false, problems: [{ code: 'COMMAND_REFUSED', message }] };
  }
};

const refuse = (journal: Journal, control: Control, problems: readonly Problem[]): End => {
  journal.note({ type: 'refused', problems });
  const state = control.wishes.backOut === null ? 'refused' : 'aborted';
  return { state, sentence: problems.map((problem) => problem.message).join(' ') };
};

/** The steps, and whatever ends them early: a decision, a person, a failure, or Temporal's own cancel. */
const forwardOrBack = async (run: Run): Promise<End> => {
  const { input, prepared, control, journal, begun } = run;
  const { runbook } = prepared;
  try {
    await control.forward.run(async () => {
      await claimOld(run);
      await goForward(run);
    });
    return {
      state: 'succeeded',
      sentence: `${runbook.service} ${runbook.to.version} has all traffic in ${runbook.environment}.`,
    };
  } catch (error) {
    const step = begun.at(-1) ?? null;
    if (control.wishes.backOut === null && !isCancellation(error)) {
      const problem = problemOf(error);
      if (step !== null) journal.note({ type: 'step-failed', step, problem });
      const title = step === null ? 'the claim of the old version' : (runbook.steps[step]?.title ?? '');
      control.goBack({
        actor: null,
        cause: { by: 'failure', sentence: `${title} failed: ${problem.message}`, step },
      });
    }
    const backOut = control.wishes.backOut ?? {
      actor: null,
      cause: { by: 'person' as const, sentence: 'Cancelled in Temporal.', step },
    };
    // What its earlier life began, a run that was reset can not know: every step is undone.
    const undone = forgets() ? runbook.steps.map((_, index) => index) : begun;
    return goBack(input, prepared, undone, control, journal, backOut);
  }
};

/** A rollback or a recovery is itself a way back: nothing interrupts it, and where it fails a person decides. */
const goReturn = async (planned: Run): Promise<End> =>
  CancellationScope.nonCancellable(async () => {
    const { input, control, journal } = planned;
    control.returning = true;
    let run = planned;
    for (;;) {
      try {
        const retired = await claimOld(run);
        if (retired.includes(run.prepared.runbook.to.version)) run = await planAgain(run);
        await goForward(run);
        const { runbook } = run.prepared;
        const sentence = `${runbook.service} is back on ${runbook.to.version} in ${runbook.environment}.`;
        return { state: 'succeeded', sentence };
      } catch (error) {
        const { runbook, epoch } = run.prepared;
        const mark = { rolloutId: input.rolloutId, fence: byHandFence(epoch) };
        const actions = runbook.steps.flatMap(asAction);
        journal.note({
          type: 'way-back-failed',
          problem: problemOf(error),
          byHand: byHand(runbook, actions, mark),
        });
      }
      if (!(await control.decidedAfterFailure())) {
        return { state: 'rolled-back-by-hand', sentence: 'A person took the way back over.' };
      }
      run = await planAgain(run);
    }
  });

/**
 * What stood ready may be gone by now, taken away by `keep` or fallen over: a second try starts from what there is.
 * Nothing can be planned: the first plan is tried again, and says why it fails.
 */
const planAgain = async (run: Run): Promise<Run> => {
  run.begun.length = 0;
  const again = await prepareOrRefuse(run.input);
  if (!again.ok) return run;
  const { hash, runbook, epoch, warnings } = again;
  run.journal.note({ type: 'planned', hash, runbook, epoch, warnings });
  return { ...run, prepared: again };
};

/** The old version is taken over from `keep` before anything is written. Returns what it had taken away by then. */
const claimOld = async ({ input, prepared }: Run): Promise<readonly string[]> => {
  if (prepared.keep === null) return [];
  const { retired } = await claim(input.settings).claimKeep({ keep: prepared.keep, by: input.rolloutId });
  return retired;
};

/** The lock ends with this rollout; `keep` holds the old version ready in a workflow of its own. */
const startKeep = async ({ input, prepared }: Run): Promise<void> => {
  const { runbook, epoch } = prepared;
  await CancellationScope.nonCancellable(() =>
    startChild(keep, {
      workflowId: `keep/${input.rolloutId}`,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `keeps ${runbook.keep.warm ?? 'nothing'} of ${runbook.service} ready`,
      ...(workflowInfo().typedSearchAttributes.getAll().length === 0
        ? {}
        : { typedSearchAttributes: workflowInfo().typedSearchAttributes }),
      args: [
        {
          rolloutId: input.rolloutId,
          place: { service: runbook.service, environment: runbook.environment },
          file: input.service,
          plan: runbook.keep,
          epoch,
          settings: input.settings,
        },
      ],
    }),
  );
};

/** Tells the end, waits a little for the ledger, and leaves to `deliver` what it has not taken. */
const finish = async (
  input: RolloutInput,
  journal: Journal,
  control: Control,
  end: End,
): Promise<RolloutResult> =>
  CancellationScope.nonCancellable(async () => {
    journal.note({ type: 'closed', state: end.state, sentence: end.sentence });
    if (input.kind === 'recover' && input.of !== null) journal.noteLost(input.of, end.sentence);
    control.close(end.state);
    const rest = await journal.settle();
    if (rest.length > 0) {
      await startChild(deliver, {
        workflowId: `deliver/${input.rolloutId}`,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        args: [{ events: rest, settings: input.settings }],
      });
    }
    await condition(allHandlersFinished);
    return { rolloutId: input.rolloutId, ...end };
  });

const locked = (input: RolloutInput, control: Control): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'ROLLOUT_LOCKED',
    nonRetryable: true,
    message: `A rollout of ${input.service.service} in ${input.environment} is already running (${control.state}).`,
    details: [
      {
        rolloutId: input.rolloutId,
        version: input.version,
        by: input.actor.id,
        via: input.actor.via,
        since: input.requestedAt,
        state: control.state,
      },
    ],
  });
