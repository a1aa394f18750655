import { Context } from '@temporalio/activity';
import { SluiceError } from '../runbooks/errors.ts';
import type { ReadyInput } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';

const pollMs = 250;

/**
 * Waits until every instance of the group answers as ready and its digest is the planned one. Reads only.
 * The deadline is the activity's first start plus `withinMs`, so that a retry does not begin anew.
 * @throws SluiceError NOT_READY, DIGEST_MISMATCH
 */
export const makeReady =
  ({ target, clock }: Deps) =>
  async ({ place, file, release, instances, withinMs }: ReadyInput): Promise<void> => {
    const context = Context.current();
    const deadline = firstStart(context) + withinMs;
    for (;;) {
      context.heartbeat();
      const state = await target(file, place).observe(place.service, context.cancellationSignal);
      const group = state.groups.find(({ version }) => version === release.version);
      if (group !== undefined && group.digest !== release.digest) {
        throw new SluiceError({
          code: 'DIGEST_MISMATCH',
          message: `${place.service} ${release.version} runs as ${group.digest.slice(0, 19)}…, planned was ${release.digest.slice(0, 19)}….`,
        });
      }
      const wanted = Math.max(1, instances ?? 1);
      if (group !== undefined && group.instances >= wanted && group.ready === group.instances) return;
      if (clock() > deadline) {
        const seen =
          group === undefined
            ? 'no instance'
            : `${String(group.ready)} of ${String(group.instances)} instances`;
        throw new SluiceError({
          code: 'NOT_READY',
          message: `${place.service} ${release.version}: ${seen} ready after ${String(Math.round(withinMs / 1000))} s.`,
          hint: 'Look at its log and its readiness probe; the way back has been taken.',
        });
      }
      await context.sleep(pollMs);
    }
  };

/** Ms since the epoch at which the activity was first scheduled: the same for every attempt. */
export const firstStart = (context: Context): number => context.info.scheduledTimestampMs;
