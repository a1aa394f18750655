import { judge, rowOf } from '../judge.ts';
import { open, wayUp } from '../play.ts';
import type { Scenario } from '../scenario.ts';
import { said, secondsSince } from '../scenario.ts';
import { environment, service } from '../fixture.ts';
import { until } from '../until.ts';

/**
 * The daemon dies with a request in its hands: the ledger has it, Temporal, which is stopped for the moment, does not.
 * Asked again under the same key, the next daemon starts the rollout that the first one minted.
 */
const killedBetween: Scenario = {
  name: 'killed between ledger and Temporal',
  play: async (stand) => {
    const opening = await open(stand, 'between', 'healthy');
    const { version, key } = opening;
    const { pid } = await stand.temporalRecord();
    const body = { kind: 'deploy', service, environment, version };
    process.kill(pid, 'SIGSTOP');
    let minted: string;
    try {
      const cutOff = stand.api.once({ path: '/v1/rollouts', body, key });
      const requested = await until('the request is in the ledger', async () =>
        (await stand.api.rollouts()).find((view) => view.version === version),
      );
      minted = requested.id;
      await stand.daemon.kill();
      if ((await cutOff) !== null) throw new Error('The request was answered, though Temporal was stopped.');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const killedAt = Date.now();
    await stand.daemon.up();
    const { rolloutId } = await stand.api.deploy(version, key);
    await stand.ended(rolloutId);
    const seconds = secondsSince(killedAt);
    const judged = await judge(stand, rolloutId, {
      state: 'succeeded',
      traffic: wayUp(opening),
      since: opening.since,
    });
    const count = (await stand.api.rollouts()).filter((view) => view.version === version).length;
    const more = said(
      rolloutId !== minted && `the repeated request began another rollout: ${rolloutId} instead of ${minted}`,
      count !== 1 && `${count} rollouts were minted`,
    );
    return [rowOf('killed between ledger and Temporal', judged, seconds, { more })];
  },
};

export const requests: readonly Scenario[] = [killedBetween];
