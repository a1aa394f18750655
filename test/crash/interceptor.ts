import type { Context } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor, WorkerInterceptors } from '@temporalio/worker';
import type { Kill } from './plan.ts';
import { readPlan } from './plan.ts';
import type { TraceLine } from './trace.ts';
import { aboutOf, appendTrace, counted, readTrace } from './trace.ts';

const intoMs = 300;

/**
 * Kills this process at the boundaries that the plan in `folder` names. Which ones it has met already it reads from
 * the trace: the process that comes after it goes on where this one died.
 */
export const crashInterceptors = (folder: string): WorkerInterceptors => {
  const trace: TraceLine[] = [...readTrace(folder)];
  const note = (line: TraceLine): void => {
    appendTrace(folder, line);
    trace.push(line);
  };
  return { activity: [(context) => ({ inbound: inbound(folder, context, trace, note) })] };
};

const inbound = (
  folder: string,
  { info }: Context,
  trace: readonly TraceLine[],
  note: (line: TraceLine) => void,
): ActivityInboundCallsInterceptor => ({
  execute: async (input, next) => {
    const plan = readPlan(folder);
    const about = aboutOf(input.args[0]);
    const id = `${info.workflowExecution?.runId ?? ''}/${info.activityId}`;
    const line = (event: TraceLine['event']): TraceLine => ({
      at: Date.now(),
      pid: process.pid,
      plan: plan.id,
      event,
      activity: info.activityType,
      id,
      attempt: info.attempt,
      ...about,
    });
    note(line('begin'));
    const die = (when: Kill['when']): void => {
      const meant = plan.kills.some(
        (kill) => kill.when === when && counted(trace, plan.id, kill)[kill.nth - 1] === id,
      );
      const met = trace.some(
        (old) => old.event === 'killed' && old.plan === plan.id && old.id === id && old.when === when,
      );
      if (!meant || met) return;
      note({ ...line('killed'), when });
      process.kill(process.pid, 'SIGKILL');
    };
    die('before');
    const half = setTimeout(() => {
      die('during');
    }, untilMiddle(about));
    try {
      const result = await next(input);
      die('after');
      note(line('end'));
      return result;
    } catch (error) {
      note(line('failed'));
      throw error;
    } finally {
      clearTimeout(half);
    }
  },
});

/** Ms until the middle of its window, if that is still to come. */
const untilMiddle = ({ startsAt, endsAt }: ReturnType<typeof aboutOf>): number =>
  startsAt === undefined || endsAt === undefined
    ? intoMs
    : Math.max(0, (Date.parse(startsAt) + Date.parse(endsAt)) / 2 - Date.now());
