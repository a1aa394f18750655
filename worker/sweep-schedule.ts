import type { Client } from '@temporalio/client';
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';

/** Looks once a minute for rollouts that have lost their run; one schedule per queue, whoever starts first makes it. */
export const ensureSweep = async (client: Client, queue: string): Promise<void> => {
  try {
    await client.schedule.create({
      scheduleId: `sluice-sweep-${queue}`,
      spec: { intervals: [{ every: '1m' }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' },
      action: {
        type: 'startWorkflow',
        workflowType: 'sweep',
        taskQueue: queue,
        args: [queue],
        workflowId: `sweep/${queue}`,
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
};
