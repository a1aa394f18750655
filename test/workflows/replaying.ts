import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { ReplayResult } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import { packaged } from '../../src/packaged.ts';
import type { PlayedRollout } from './stage.ts';

/** A workflow's history as it lies in a file: JSON as Temporal exports it. */
export type Recorded = { readonly workflowId: string; readonly history: unknown };

/** What today's workflow code makes of recorded histories; `error` where it would decide otherwise. */
export const replay = async (recorded: readonly Recorded[]): Promise<readonly ReplayResult[]> => {
  const results: ReplayResult[] = [];
  const bundle = { workflowBundle: { codePath: packaged.workflowBundle } };
  for await (const result of Worker.runReplayHistories(bundle, recorded)) results.push(result);
  return results;
};

export const record = async ({ env }: PlayedRollout, workflowId: string): Promise<Recorded> => {
  const history = await env.client.workflow.getHandle(workflowId).fetchHistory();
  return { workflowId, history: JSON.parse(historyToJSON(history)) as unknown };
};

export const recordRollout = (run: PlayedRollout): Promise<Recorded> =>
  record(run, `rollout/production/${run.rolloutId}`);
