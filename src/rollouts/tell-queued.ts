import type { LedgerEvent } from '../../runbooks/events.ts';
import type { deliver } from '../../workflows/deliver.ts';
import { newsSignal } from '../../workflows/delivery-messages.ts';
import type { DeliverInput } from '../../workflows/telling.ts';
import { channelsOf, toldOf } from '../../workflows/telling.ts';
import { findService } from '../service-file/folder.ts';
import type { Queued } from '../store/queue.ts';
import type { RolloutsDeps } from './deps.ts';
import { answerMsOf } from './deps.ts';
import { deliverId } from '../../workflows/ids.ts';

/**
 * A deploy that waits has its message, too: that it waits, and how its waiting ended. By a delivery that lives until that
 * is told; the rollout's own begins when it starts. What can't be told stands in the ledger, and holds nothing up.
 */
export const tellQueued = async (
  deps: RolloutsDeps,
  { rolloutId, service, environment, wanted }: Queued,
  events: readonly LedgerEvent[],
): Promise<void> => {
  try {
    const { file } = await findService(deps.services, service, 'lists');
    const channels = channelsOf(file, environment);
    if (channels.slack === null) return;
    const input: DeliverInput = {
      ...{ rolloutId, channels, settings: deps.settings, place: { service, environment } },
      ...{ kind: wanted.kind, version: wanted.version ?? 'a newer one', actor: wanted.actor },
      ...{ file: toldOf(file, environment), ledger: [], follows: false, carried: null },
    };
    await deps.client.withDeadline(Date.now() + answerMsOf(deps), () =>
      deps.client.workflow.signalWithStart<typeof deliver, [readonly LedgerEvent[]]>('deliver', {
        ...{ workflowId: deliverId(rolloutId), taskQueue: deps.settings.queues.main, args: [input] },
        ...{ signal: newsSignal, signalArgs: [events] },
        staticSummary: `tells of ${service} in ${environment}, which waits`,
      }),
    );
  } catch (error) {
    deps.log.warn({ rolloutId, error: String(error) }, 'nobody is told of a deploy that waits');
  }
};
