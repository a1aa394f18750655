import type { Context } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor, WorkerInterceptors } from '@temporalio/worker';
import type { Kill } from './plan.ts';
import { readPlan } from './plan.ts';
import type { About, TraceLine } from './trace.ts';
import { until } from './until.ts';
import { aboutOf, appendTrace, counted, readTrace } from './trace.ts';

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
  context: Context,
  trace: readonly TraceLine[],
  note: (line: TraceLine) => void,
): ActivityInboundCallsInterceptor => ({
  execute: async (input, next) => {
    const { info } = context;
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
    const isMeant = (when: Kill['when']): boolean =>
      plan.kills.some((kill) => kill.when === when && counted(trace, plan.id, kill)[kill.nth - 1] === id);
    const die = (when: Kill['when']): void => {
      const met = trace.some(
        (old) => old.event === 'killed' && old.plan === plan.id && old.id === id && old.when === when,
      );
      if (!isMeant(when) || met) return;
      note({ ...line('killed'), when });
      process.kill(process.pid, 'SIGKILL');
    };
    die('before');
    if (isMeant('held')) {
      note(line('held'));
      // It says that it lives, as one that waits for somebody else does.
      await until('the plan is another one', () => {
        context.heartbeat();
        return readPlan(folder).id !== plan.id;
      });
    }
    const middle = untilMiddle(about);
    let half: NodeJS.Timeout | undefined;
    if (middle === null) {
      // No timer: on a machine that is busy, or idle, the activity may be done before any. What has no window says
      // that it lives before each look that it takes: after its begin, and always before its end.
      onHeartbeat(context, () => {
        die('during');
      });
    } else if (middle > 0) {
      half = setTimeout(() => {
        die('during');
      }, middle);
    }
    try {
      const running = next(input);
      // It came late, into the second half of its window or after it: in its code, but before it can be done.
      if (middle !== null && middle <= 0) die('during');
      const result = await running;
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

/** Ms until the middle of its window, which may be past; `null`: it has none. */
const untilMiddle = ({ startsAt, endsAt }: About): number | null =>
  startsAt === undefined || endsAt === undefined
    ? null
    : (Date.parse(startsAt) + Date.parse(endsAt)) / 2 - Date.now();

/** Does that before the heartbeat is sent: Temporal never hears of it. */
const onHeartbeat = (context: Context, first: () => void): void => {
  const beat = context.heartbeat;
  const heartbeat = (...details: Parameters<typeof beat>): void => {
    first();
    beat(...details);
  };
  Object.assign(context, { heartbeat });
};
