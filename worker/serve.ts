import { mkdirSync } from 'node:fs';
import type { Logger } from 'pino';
import { accessIn } from '../src/access/source.ts';
import type { Config } from '../src/config.ts';
import type { RolloutsDeps } from '../src/rollouts/deps.ts';
import { createRollouts } from '../src/rollouts/rollouts.ts';
import { recordingsIn } from '../src/store/recordings.ts';
import { startFaces } from './faces.ts';
import { openFor } from './open-ledger.ts';
import { ensureSweep } from './sweep-schedule.ts';
import { flagsOf } from './flags.ts';
import { targetsOf } from './targets.ts';
import { connectTemporal } from './temporal-client.ts';
import { bundleBuildId, startWorkers } from './workers.ts';

/** A part of the daemon that runs until it is told to stop. */
export type Running = { readonly says: string; readonly failed: Promise<never>; stop(): Promise<void> };

/** Temporal's deployment that holds the queues of every production worker. */
export const deploymentName = 'sluice';

const never = (): Promise<never> => new Promise<never>(() => undefined);

const connect = async (config: Config, program: 'serve' | 'worker', log: Logger) => {
  const ledger = await openFor(config, program, program);
  const temporal = await connectTemporal(null);
  const access = accessIn(config.services, log);
  const rolloutsDeps: RolloutsDeps = {
    client: temporal.client,
    ledger,
    services: config.services,
    access,
    settings: config.settings,
    log,
  };
  const close = async (): Promise<void> => {
    await temporal.close();
    await ledger.close();
  };
  return { ledger, temporal, access, rolloutsDeps, rollouts: createRollouts(rolloutsDeps), close };
};

/** `sluiced serve`: API and inbox; any number of them behind a load balancer. */
export const startServe = async (config: Config, log: Logger): Promise<Running> => {
  mkdirSync(config.home, { recursive: true, mode: 0o700 });
  const { temporal, rolloutsDeps, rollouts, close } = await connect(config, 'serve', log);
  await ensureSweep(temporal.client, config.settings.queues.main);
  const faces = await startFaces(config, rollouts, rolloutsDeps, log);
  return {
    says: `API at ${faces.url}`,
    failed: never(),
    stop: async () => {
      await faces.stop();
      await close();
    },
  };
};

/** `sluiced worker`: its three queues, pinned to the build of its workflow code. */
export const startWorker = async (config: Config, log: Logger): Promise<Running> => {
  const { ledger, temporal, access, rollouts, close } = await connect(config, 'worker', log);
  const buildId = await bundleBuildId();
  const deps = {
    ledger,
    recordings: recordingsIn(config.recordings),
    client: temporal.client,
    target: targetsOf(config.home),
    flags: flagsOf(process.env),
    clock: () => Date.now(),
    paging: config.paging,
    slack: config.slack,
    access,
    recoverLost: () => rollouts.recoverLost(),
    log,
  };
  const workers = await startWorkers(temporal, config, deps, {
    versioning: { deployment: deploymentName, buildId },
  });
  return {
    says: `worker of build ${buildId} on ${Object.values(config.settings.queues).join(', ')}; sluiced release makes it the current one`,
    failed: workers.stopped.then(never),
    stop: async () => {
      await workers.stop();
      await close();
    },
  };
};
