import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { byHand } from '../runbooks/by-hand.ts';
import { targetOf } from '../runbooks/targets/write-time.ts';
import type { Problem } from '../runbooks/errors.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import { asAction } from '../runbooks/runbook.ts';
import type { RolloutState } from '../runbooks/state.ts';
import { endOf } from '../runbooks/state.ts';
import { Approving } from './approving.ts';
import type { ClaimOutput, Preparation, Prepared, RolloutInput } from './contract.ts';
import { Control } from './control.ts';
import { goForward } from './forward.ts';
import { byHandFence } from './fences.ts';
import { codeStays, type End, flagsOf, goBack, noReturn } from './going-back.ts';
import { Failed } from './failed.ts';
import { keepId } from './ids.ts';
import { Journal } from './journal.ts';
import { keep } from './keep.ts';
import { plannedUpdate, statusQuery } from './messages.ts';
import { problemOf } from './problem.ts';
import { prepareOrRefuse } from './plan.ts';
import { claim } from './profiles.ts';
import type { Run } from './run.ts';
import { forgets, lostApproval, lostMemory } from './reset.ts';
import { showStatus } from './status.ts';
import { Teller } from './teller.ts';
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
  const teller = new Teller(input);
  const journal = new Journal(input.rolloutId, 'rollout', input.settings, { tell: teller.tell });
  const begun: number[] = [];
  let prepared: Prepared | null = null;
  let answer: Preparation | null = null;

  const control: Control = new Control(input.rolloutId, journal, input.service.access, {
    shown: () => {
      showStatus(prepared?.runbook ?? null, begun.at(-1) ?? null, control.doing, control.stuck);
    },
    heldMs: () => prepared?.runbook.waits.heldMs ?? 0,
    step: () => begun.at(-1) ?? null,
    pages: teller.pages,
    kind: input.kind,
    noReturn: () => (prepared === null ? null : noReturn(prepared.runbook, begun)),
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
    stuck: control.stuck,
    ...control.doing,
  }));
  void journal.drain();
  void teller.run();
  control.set('planning');

  const first = await prepareWithin(input, control);
  answer = first;
  if (!first.ok) {
    if (input.kind === 'deploy' && forgets()) throw lostMemory(first.problems);
    return finish(input, journal, teller, control, refuse(journal, control, first.problems));
  }
  prepared = first;
  journal.note(planned(first));
  const decided = await decide(input, first, control, journal);
  if ('end' in decided) return finish(input, journal, teller, control, decided.end);
  prepared = decided.go;
  const { runbook } = prepared;

  const watching = new Watching(input, runbook, control, journal);
  const run: Run = { input, prepared, control, journal, watching, begun };
  const end = canGoBack(runbook) ? await forwardOrBack(run) : await goReturn(run);
  const stays = end.state === 'succeeded' || codeStays(runbook, begun);
  if (stays && input.kind !== 'flag') await startKeep(run);
  return finish(input, journal, teller, control, end);
}

/** A deploy, or a flag that is raised; a return, and a flag that is lowered, is itself the way back. */
const canGoBack = ({ kind, steps }: Runbook): boolean =>
  kind === 'deploy' || steps.some(({ back }) => back.length > 0);

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

const planned = ({ hash, runbook, epoch, warnings }: Prepared) =>
  ({ type: 'planned', hash, runbook, epoch, warnings }) as const;

/** What may run: at once, or once people have approved it where the runbook asks for them. */
const decide = async (
  input: RolloutInput,
  first: Prepared,
  control: Control,
  journal: Journal,
): Promise<{ readonly go: Prepared } | { readonly end: End }> => {
  if (first.runbook.approval === undefined) return { go: first };
  if (forgets()) throw lostApproval();
  const decided = await new Approving(input, control, journal).decide(first);
  return 'problems' in decided ? { end: refuse(journal, control, decided.problems) } : decided;
};

const refuse = (journal: Journal, control: Control, problems: readonly Problem[]): End => {
  journal.note({ type: 'refused', problems });
  const { backOut } = control.wishes;
  const state = backOut === null ? 'refused' : endOf(backOut.cause.by);
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
      sentence: sayDone(runbook, 'has all traffic'),
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

const sayDone = ({ kind, service, environment, to, steps }: Runbook, what: string): string => {
  const flag = steps.findLast((step) => step.kind === 'release');
  if (kind === 'flag' && flag !== undefined)
    return `${flag.flag} of ${service} is at ${String(flag.percent)} % in ${environment}.`;
  return `${service} ${to.version} ${what} in ${environment}.`;
};

/** A rollback or a recovery is itself a way back: nothing interrupts it, and where it fails a person decides. */
const goReturn = async (planned: Run): Promise<End> =>
  CancellationScope.nonCancellable(async () => {
    const { input, control, journal } = planned;
    control.returning = true;
    let run = planned;
    const failed = new Failed(journal, control);
    for (let again = false; ; again = true) {
      try {
        if (again) run = await planAgain(run);
        const { retired, contracted } = await claimOld(run);
        const isGone = retired.includes(run.prepared.runbook.to.version);
        if (isGone || contracted === true) run = await planAgain(run);
        await goForward(run);
        const { runbook } = run.prepared;
        return { state: 'succeeded', sentence: sayDone(runbook, 'is back') };
      } catch (error) {
        const { runbook, epoch } = run.prepared;
        const mark = { rolloutId: input.rolloutId, fence: byHandFence(epoch) };
        const actions = runbook.steps.flatMap(asAction);
        const lines = byHand(runbook, targetOf(input.service, runbook), actions, mark, flagsOf(input));
        if ((await failed.next(problemOf(error), lines, runbook.waits)) === 'take-over') {
          return { state: 'rolled-back-by-hand', sentence: 'A person took the way back over.' };
        }
      }
    }
  });

/**
 * What stood ready may be gone by now, taken away by `keep` or fallen over: a second try starts from what there is.
 * Nothing can be planned: the first plan is tried again, and says why it fails.
 */
const planAgain = async (run: Run): Promise<Run> => {
  run.begun.length = 0;
  const again = await prepareOrRefuse(run.input);
  if (!again.ok) {
    // The first plan would lead into errors: a person decides.
    const passed = again.problems.find(({ code }) => code === 'POINT_OF_NO_RETURN');
    if (passed !== undefined) throw ApplicationFailure.nonRetryable(passed.message, passed.code);
    return run;
  }
  run.journal.note(planned(again));
  return { ...run, prepared: again };
};

/** The old version is taken over from `keep` before anything is written. Returns what it had taken away by then. */
const claimOld = async ({ input, prepared }: Run): Promise<ClaimOutput> =>
  prepared.keep === null
    ? { retired: [] }
    : claim(input.settings).claimKeep({ keep: prepared.keep, by: input.rolloutId });

/** The lock ends with this rollout; `keep` holds the old version ready in a workflow of its own. */
const startKeep = async ({ input, prepared }: Run): Promise<void> => {
  const { runbook, epoch } = prepared;
  await CancellationScope.nonCancellable(() =>
    startChild(keep, {
      workflowId: keepId(input.rolloutId),
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
          release: runbook.to,
          requester: input.actor,
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
  teller: Teller,
  control: Control,
  end: End,
): Promise<RolloutResult> =>
  CancellationScope.nonCancellable(async () => {
    journal.note({ type: 'closed', state: end.state, sentence: end.sentence });
    if (input.kind === 'recover' && input.of !== null) journal.noteLost(input.of, end.sentence);
    control.close(end.state);
    await teller.end(await journal.settle());
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
