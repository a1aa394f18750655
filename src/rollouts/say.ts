import { WorkflowNotFoundError } from '@temporalio/client';
import { v7 as uuidv7 } from 'uuid';
import type { Problem } from '../../runbooks/errors.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { freeText } from '../../runbooks/names.ts';
import { isOpen, judgeCommand } from '../../runbooks/state.ts';
import type { CommandMessage, RunningCommand } from '../../workflows/messages.ts';
import { commandUpdate, runningCommands, wayBackSignal } from '../../workflows/messages.ts';
import type { RolloutView } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import { answerMsOf } from './deps.ts';
import { answered, hasNoRun } from './heard.ts';
import { rolloutWorkflowId } from '../../workflows/ids.ts';
import { bodyHashOf } from './input.ts';
import type { CommandRequest, SaidAnswer } from './requests.ts';
import { isUnanswered, refusalOf } from './temporal-errors.ts';

const isRunning = (command: string): command is RunningCommand =>
  (runningCommands as readonly string[]).includes(command);

/**
 * Says a command to an open rollout. The answer is the workflow's own; without one in time the command stands in the
 * ledger's inbox under its key, is tried again with the same id, and is never reported as lost.
 */
export const sayToRun = async (
  deps: RolloutsDeps,
  view: RolloutView,
  request: CommandRequest,
): Promise<SaidAnswer> => {
  const { command, actor, reason } = request;
  if (reason !== null && !freeText.safeParse(reason).success) {
    throw new SluiceError({
      code: 'USAGE',
      message: 'The reason is longer than 2,000 characters or holds control characters.',
    });
  }
  const key = request.key ?? uuidv7();
  if (!isRunning(command)) {
    const judged = judgeCommand(view.state, command);
    const message = 'refusal' in judged ? judged.refusal : `This version can not ${command} yet.`;
    throw await recordRefusal(deps, view, request, key, { code: 'COMMAND_REFUSED', message });
  }
  const { plan } = request;
  const message: CommandMessage = {
    ...{ id: key, rolloutId: view.id, actor, reason },
    ...(plan === undefined ? {} : { plan }),
  };
  try {
    return await deliverCommand(deps, view, command, message);
  } catch (error) {
    if (hasNoRun(error, view)) {
      // Its end may be its answer: the same command came before, by a signal or from another process.
      const before = await answered(deps, await newest(deps, view), key);
      if (before !== null) return before;
    }
    const refusal = refusalOf(error);
    if (refusal !== null) throw await recordRefusal(deps, view, request, key, refusal);
    if (error instanceof WorkflowNotFoundError)
      throw await recordRefusal(deps, view, request, key, gone(view));
    if (!isUnanswered(error)) throw error;
    if (command === 'approve' || command === 'deny') throw unheard(command, error);
    const at = new Date().toISOString();
    await deps.ledger.putCommand({ id: key, rolloutId: view.id, command, actor, reason, at });
    await alsoAsSignal(deps, view, command, message);
    return { outcome: 'not-confirmed', rolloutId: view.id, key };
  }
};

const newest = async ({ ledger }: RolloutsDeps, view: RolloutView): Promise<RolloutView> =>
  (await ledger.rollout(view.id)) ?? view;

/** Answers about a plan are not kept for later: they must not be given unseen, when it may be another plan. */
export const unheard = (command: string, cause: unknown): SluiceError =>
  new SluiceError(
    {
      code: 'TEMPORAL_UNAVAILABLE',
      message: `Nobody has answered in time: whether you could ${command} it is not known.`,
      hint: 'Look at it, and say it again where it still waits: nobody counts twice.',
    },
    { cause },
  );

/** One try: the update with its fixed id. Throws what Temporal throws. */
export const deliverCommand = async (
  deps: RolloutsDeps,
  view: Pick<RolloutView, 'id' | 'environment' | 'service'>,
  command: RunningCommand,
  message: CommandMessage,
): Promise<Extract<SaidAnswer, { outcome: 'done' }>> => {
  const handle = deps.client.workflow.getHandle(rolloutWorkflowId(view.environment, view.service));
  const { effect, state } = await deps.client.withDeadline(Date.now() + answerMsOf(deps), () =>
    handle.executeUpdate(commandUpdate(command), { args: [message], updateId: message.id }),
  );
  return { outcome: 'done', rolloutId: view.id, effect, state, started: null };
};

/** The server keeps a signal while no worker answers: the way back is not lost with the caller. */
const alsoAsSignal = async (
  deps: RolloutsDeps,
  view: RolloutView,
  command: RunningCommand,
  message: CommandMessage,
): Promise<void> => {
  if (command !== 'abort' && command !== 'rollback') return;
  try {
    await deps.client.withDeadline(Date.now() + answerMsOf(deps), () =>
      deps.client.workflow
        .getHandle(rolloutWorkflowId(view.environment, view.service))
        .signal(wayBackSignal, { ...message, command }),
    );
  } catch (error) {
    // The inbox has it: said again until Temporal answers.
    deps.log.warn({ rolloutId: view.id, command, error: String(error) }, 'the signal did not reach Temporal');
  }
};

const gone = (view: RolloutView): Problem => ({
  code: 'COMMAND_REFUSED',
  message: isOpen(view.state)
    ? 'Its run is gone from Temporal; the way back is being started.'
    : `The rollout has ended: ${view.state}.`,
});

/** Refusals leave no event in Temporal; the ledger keeps who was refused what. */
export const recordRefusal = async (
  deps: RolloutsDeps,
  view: RolloutView,
  { command, actor, reason }: CommandRequest,
  key: string,
  problem: Problem,
): Promise<SluiceError> => {
  await deps.ledger.append([
    {
      rolloutId: view.id,
      // The same key may be refused twice, in another state for another reason.
      id: `face/${bodyHashOf({ key, command, message: problem.message })}`,
      at: new Date().toISOString(),
      actor,
      body: { type: 'command', command, effect: null, refusal: problem.message },
      texts: reason === null ? {} : { reason },
    },
  ]);
  return new SluiceError(problem);
};
