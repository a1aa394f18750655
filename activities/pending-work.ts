import { Context } from '@temporalio/activity';
import { sayDuration } from '../runbooks/units.ts';
import type { Deps } from './deps.ts';

/** Not what a step waits for: the ledger's writer, and this. */
const aside: ReadonlySet<string> = new Set(['record', 'pendingWork']);
/** Length of an error's words: they stand in a line of the status. */
const mostWords = 300;

type Failure = { readonly message?: string | null | undefined; readonly cause?: Failure | null | undefined };
type Pending = {
  readonly activityType?: { readonly name?: string | null } | null | undefined;
  readonly attempt?: number | null | undefined;
  readonly lastFailure?: Failure | null | undefined;
  readonly lastStartedTime?: { readonly seconds?: unknown } | null | undefined;
};

/**
 * What the workflow that asks waits for, as Temporal has it: each activity under way with its tries and its last error.
 * Reads only. `null`: nothing is under way.
 */
export const makePendingWork =
  ({ client, clock }: Pick<Deps, 'client' | 'clock'>) =>
  async (): Promise<string | null> => {
    const { workflowExecution } = Context.current().info;
    if (workflowExecution === undefined) return null;
    const { workflowId, runId } = workflowExecution;
    const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
    const said = (raw.pendingActivities ?? [])
      .filter(({ activityType }) => !aside.has(activityType?.name ?? ''))
      .map((pending) => sayPending(pending, clock()));
    return said.length === 0 ? null : said.join(' ');
  };

/** One activity under way in a sentence. */
export const sayPending = (
  { activityType, attempt, lastFailure, lastStartedTime }: Pending,
  nowMs: number,
): string => {
  const name = activityType?.name ?? 'something';
  const tries = attempt ?? 1;
  if (lastFailure?.message !== undefined && lastFailure.message !== null) {
    const words = lastFailure.message.slice(0, mostWords).replace(/\.$/, '');
    return `"${name}" is in its try ${String(tries)}; the last one: ${words}.`;
  }
  const seconds = lastStartedTime?.seconds;
  if (seconds === undefined || seconds === null) return `"${name}" was taken up by no worker.`;
  const forMs = Math.max(0, nowMs - Number(seconds) * 1000);
  return `"${name}" has been under way for ${sayDuration(Math.round(forMs / 1000) * 1000)}, without an error so far.`;
};
